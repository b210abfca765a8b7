import { Html } from "@elysiajs/html";
import { Badge } from "../components/badge.tsx";
import { Card } from "../components/card.tsx";
import { formatDuration, Time } from "../components/time.tsx";

export interface HeadroomView {
  readonly limits: readonly {
    readonly title: string;
    readonly requests: number;
    readonly perMs: number;
    readonly remaining: number | null;
    readonly availableNow: number;
    readonly frozenUntil: number | null;
    readonly waiting: number;
  }[];
  readonly callsUnderWay: number;
  readonly maxConcurrentCalls: number | null;
}

/** How much of what the provider gives is left, drawn against the whole. */
export function Limits({ headroom }: { headroom: HeadroomView }): JSX.Element {
  const { limits, callsUnderWay, maxConcurrentCalls } = headroom;
  if (limits.length === 0 && maxConcurrentCalls === null) return "";
  const telling = limits.filter(isTelling);
  const quiet = limits.filter((limit) => !isTelling(limit));
  const isShort = quiet.length <= SHOWN_QUIET;
  return (
    <Card id="limits-title" title="The provider's limits">
      {[...telling, ...(isShort ? quiet : [])].map((limit) => (
        <Limit limit={limit} />
      ))}
      {isShort ? "" : <QuietLimits limits={quiet} areOthers={telling.length > 0} />}
      {maxConcurrentCalls === null ? (
        ""
      ) : (
        <p class="faint" safe>{`${callsUnderWay} of ${maxConcurrentCalls} calls under way`}</p>
      )}
    </Card>
  );
}

const SHOWN_QUIET = 3;

/** The provider has said something about it, or somebody waits for it. */
function isTelling({ remaining, waiting, frozenUntil }: HeadroomView["limits"][number]): boolean {
  return remaining !== null || waiting > 0 || frozenUntil !== null;
}

/** Of providers with a limit for each method: nobody waits, so one line each, on demand. */
function QuietLimits({ limits, areOthers }: Pick<HeadroomView, "limits"> & { areOthers: boolean }): JSX.Element {
  return (
    <details class="quiet-limits">
      <summary safe>{`${limits.length} ${areOthers ? "other limits" : "limits"}, none reached`}</summary>
      <dl class="facts">
        {limits.map(({ title, requests, perMs, availableNow }) => (
          <>
            <dt class="mono" safe>
              {title}
            </dt>
            <dd safe>{`${paceOf(requests, perMs)} · ${count(availableNow)} free now`}</dd>
          </>
        ))}
      </dl>
    </details>
  );
}

function Limit({ limit }: { limit: HeadroomView["limits"][number] }): JSX.Element {
  const { title, requests, perMs, remaining, availableNow, frozenUntil, waiting } = limit;
  const pace = paceOf(requests, perMs);
  const left = remaining === null ? `${count(availableNow)} free now` : `${count(remaining)} left`;
  return (
    <div class="stack-tight">
      <span safe>{title}</span>
      {remaining === null ? (
        ""
      ) : (
        <meter
          class="headroom"
          aria-label={`${title}: ${remaining} of ${requests} left`}
          min="0"
          max={String(requests)}
          low={String(requests * 0.1)}
          optimum={String(requests)}
          value={String(Math.max(0, Math.min(requests, remaining)))}
        />
      )}
      <span class="faint" safe>
        {`At most ${pace} · ${left}${waiting > 0 ? ` · ${waiting} ${waiting === 1 ? "call waits" : "calls wait"}` : ""}`}
      </span>
      {frozenUntil === null ? (
        ""
      ) : (
        <span>
          <Badge tone="warning" label="Refused for now" /> Goes on by itself <Time at={frozenUntil} />
        </span>
      )}
    </div>
  );
}

function paceOf(requests: number, perMs: number): string {
  return `${count(requests)} every ${formatPeriod(perMs)}`;
}

function count(number: number): string {
  return number.toLocaleString("en");
}

const PERIODS: Readonly<Record<number, string>> = {
  1000: "second",
  60000: "minute",
  3600000: "hour",
  86400000: "day",
};

function formatPeriod(ms: number): string {
  return PERIODS[ms] ?? formatDuration(ms);
}
