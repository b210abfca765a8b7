import type { Statement } from "../database.ts";

/** One run after the other is counted, no further than to what is too much. */
const HOW_MANY_RUNS = `
  WITH RECURSIVE asked AS (
    SELECT run_id COLLATE "C" AS run_id, place
    FROM json_array_elements_text($1::text::json) WITH ORDINALITY AS given (run_id, place)),
  counted AS (
    SELECT 0::bigint AS runs, 0::bigint AS steps
    UNION ALL
    SELECT place, steps + (SELECT count(*) FROM (SELECT FROM steps WHERE steps.run_id = asked.run_id LIMIT $2::integer + 1) AS its)
    FROM counted JOIN asked ON place = runs + 1 WHERE steps <= $2::integer)
  SELECT max(runs)::integer AS runs FROM counted WHERE steps <= $2::integer`;

/**
 * The first of these runs of the tenant that is set, as many as have no more than so many ledger rows together; one in any
 * case. A loop leaves ten thousands of rows, and no statement may take long.
 */
export async function firstWithFewSteps(
  run: Statement,
  runIds: readonly string[],
  maxSteps: number,
): Promise<readonly string[]> {
  if (runIds.length < 2) return runIds;
  const [few] = await run<{ runs: number }>(HOW_MANY_RUNS, [JSON.stringify(runIds), Math.ceil(maxSteps)]);
  return runIds.slice(0, Math.max(1, few?.runs ?? 1));
}
