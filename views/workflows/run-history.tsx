import { Html } from "@elysiajs/html";
import type { RunStatus } from "../../src/domain/run.ts";
import type { RecentRun } from "../../src/domain/workflow-view-store.ts";

const BARS = 20;
const STEP = 5;
const HEIGHT = 18;

/** How a workflow's newest runs have ended, oldest at the left: drawn, and said in a sentence for who cannot see it. */
export function RunHistory({ runs }: { runs: readonly RecentRun[] }): JSX.Element {
  if (runs.length === 0) return <span class="faint">No runs yet</span>;
  const label = describe(runs);
  return (
    <svg class="history" viewBox={`0 0 ${BARS * STEP} ${HEIGHT}`} role="img" aria-label={label}>
      <title safe>{label}</title>
      {Array.from({ length: BARS }, (_, place) => {
        const run = runs[BARS - 1 - place];
        return (
          <rect
            x={String(place * STEP)}
            y="0"
            width="3"
            height={String(HEIGHT)}
            rx="1.5"
            data-status={run?.status ?? "none"}
          />
        );
      })}
    </svg>
  );
}

/** "18 of the last 20 runs succeeded, 2 failed." */
function describe(runs: readonly RecentRun[]): string {
  const count = (status: RunStatus) => runs.filter((run) => run.status === status).length;
  const failed = count("failed");
  const review = count("needs_review");
  const parts = [
    `${count("succeeded")} of the last ${runs.length} runs succeeded`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(review > 0 ? [`${review} need review`] : []),
  ];
  return `${parts.join(", ")}.`;
}
