import { Html } from "@elysiajs/html";
import type { ChainVerdict } from "../../src/domain/audit.ts";
import { Notice } from "../components/notice.tsx";

/** What checking the whole chain has found. */
export function Verdict({ verdict }: { verdict: ChainVerdict }): JSX.Element {
  if (verdict.ok) {
    return (
      <Notice tone="success" title="The chain is whole">
        <p
          safe
        >{`All ${verdict.entries.toLocaleString("en")} entries are as they were written, and none is missing.`}</p>
      </Notice>
    );
  }
  return (
    <Notice tone="danger" title={`The chain is broken at entry ${verdict.seq}`}>
      <p
        safe
      >{`${verdict.problem} Somebody has changed the log outside of this program. Compare it with a backup or an earlier export.`}</p>
    </Notice>
  );
}
