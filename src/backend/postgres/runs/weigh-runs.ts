import { STEP_BYTES } from "../../../domain/run-weight.ts";
import { type BigintText, toNumber } from "../../rows/cells.ts";
import type { Statement } from "../database.ts";

/** One run after the other is weighed, no further than to what is too much; lengths of long texts are known unread. */
const WEIGHTS = `
  WITH RECURSIVE asked AS (
    SELECT run_id COLLATE "C" AS run_id, place
    FROM json_array_elements_text($1::text::json) WITH ORDINALITY AS given (run_id, place)),
  weighed AS (
    SELECT 0::bigint AS runs, 0::bigint AS bytes
    UNION ALL
    SELECT place, bytes
      + coalesce((SELECT octet_length(trigger) FROM runs WHERE runs.id = asked.run_id), 0)
      + (SELECT coalesce(sum(${STEP_BYTES} + coalesce(octet_length(input), 0) + coalesce(octet_length(output), 0)), 0)::bigint
         FROM (SELECT input, output FROM steps WHERE steps.run_id = asked.run_id LIMIT $2::bigint / ${STEP_BYTES} + 1) AS its)
    FROM weighed JOIN asked ON place = runs + 1 WHERE bytes <= $2::bigint)
  SELECT bytes FROM weighed WHERE runs > 0 ORDER BY runs`;

/**
 * What a claim may still take into memory, shared by the tenants that it serves: a lane gets its part of it, and one run
 * in any case, as long as anything is left. So a claim takes one run more than it may at most, and one always.
 */
export class ClaimBudget {
  readonly #share: number;
  #left: number;

  constructor(maxBytes: number, lanes: number) {
    this.#left = Math.max(1, maxBytes);
    this.#share = Math.floor(maxBytes / lanes);
  }

  /** The first of these runs of the tenant that is set which fit. Lanes get theirs in the order in which they ask. */
  async fitting(run: Statement, runIds: readonly string[]): Promise<readonly string[]> {
    const share = this.#share;
    const rows = await run<{ bytes: BigintText }>(WEIGHTS, [JSON.stringify(runIds), share]);
    const upTo = rows.map(({ bytes }) => toNumber(bytes));
    const fitting = upTo.filter((bytes) => bytes <= share).length;
    const count = this.#left > 0 ? Math.max(1, fitting) : 0;
    this.#left -= upTo[count - 1] ?? 0;
    return runIds.slice(0, count);
  }
}
