import { SUSPECT_INTERRUPTIONS } from "../../../domain/run.ts";
import type { Statement } from "../database.ts";

/** Of the queue's rows, those that are claimed in turn; the others are suspects. */
export const DUE = `due_at IS NOT NULL AND interruptions < ${SUSPECT_INTERRUPTIONS}`;

/** The lanes with runs that are due or will be, one look into the index for each. */
export const DUE_LANES = `
  RECURSIVE lanes AS (
    (SELECT tenant_id, lane FROM run_queue WHERE ${DUE} ORDER BY tenant_id, lane LIMIT 1)
    UNION ALL
    SELECT next.tenant_id, next.lane FROM lanes CROSS JOIN LATERAL (
      SELECT tenant_id, lane FROM run_queue AS later
      WHERE ${DUE} AND (later.tenant_id, later.lane) > (lanes.tenant_id, lanes.lane)
      ORDER BY later.tenant_id, later.lane LIMIT 1) AS next)`;

/** Held by a claim that has to count what is under way until it has committed: another would count the same. */
const CAPS_LOCK = 7_304_115_927;
/** Shared by all claims; held alone by a publication, so that no run is claimed without being counted meanwhile. */
const NEW_CAP_LOCK = 7_304_115_929;

export interface Turns {
  readonly tenant_id: string;
  readonly lane: string;
  /** How many runs of the lane may be claimed now. */
  readonly runs: number;
}

export interface TurnOptions {
  readonly limit: number;
  readonly perTenant: number;
  readonly held?: ReadonlyMap<string, number>;
  readonly now: number;
  /** Claims start behind this tenant. */
  readonly lastServed: string;
  readonly maxRunningPerTenant: number | null;
}

/**
 * Shares the next `limit` claims out between lanes: tenants take turns, one run each, the longest due first; a lane
 * gets no more than its workflow's cap leaves, a tenant no more than its own, however many replicas claim. The last
 * tenant that gets a turn comes last.
 */
export async function chooseTurns(run: Statement, options: TurnOptions): Promise<readonly Turns[]> {
  const few = await chooseAmong(run, options, FEW);
  const chosen = few.reduce((sum, { runs }) => sum + runs, 0);
  const isMissing = chosen < options.limit && few.some(({ runs, most }) => runs >= most);
  return isMissing ? chooseAmong(run, options, options.limit) : few;
}

/** With many lanes each gives a few: all that is due of a thousand tenants is not sorted to claim some hundreds of it. */
const FEW = 4;

/** Looks at the first `share` times its fair share of each lane, which `most` tells. */
function chooseAmong(run: Statement, options: TurnOptions, share: number) {
  const { limit, perTenant, held, now, lastServed, maxRunningPerTenant } = options;
  return run<Turns & { readonly most: number }>(
    `WITH ${DUE_LANES},
     bound AS (SELECT ceil($7::float8 * $2::integer / greatest(1, count(*)))::integer AS most FROM lanes),
     held AS (SELECT key AS tenant_id, value::integer AS runs FROM json_each_text($5::text::json)),
     tenants AS (
       SELECT tenant_id, least($2::integer, $3::integer - coalesce(held.runs, 0),
         CASE WHEN $6::integer IS NOT NULL THEN $6::integer - (
           SELECT count(*)::integer FROM run_queue
           WHERE run_queue.tenant_id = each.tenant_id AND lease_owner IS NOT NULL) END) AS room
       FROM (SELECT DISTINCT tenant_id FROM lanes) AS each LEFT JOIN held USING (tenant_id)),
     roomy AS (
       SELECT lanes.tenant_id, lane, tenants.room AS tenant_room, least(tenants.room, max_running - (
         SELECT count(*)::integer FROM run_queue
         WHERE run_queue.lane = lanes.lane AND run_queue.lane <> '' AND lease_owner IS NOT NULL)) AS room
       FROM lanes JOIN tenants ON tenants.tenant_id = lanes.tenant_id
       LEFT JOIN workflow_caps ON workflow_caps.workflow_id = lanes.lane),
     due AS (
       SELECT roomy.tenant_id, roomy.lane, tenant_room,
              row_number() OVER (PARTITION BY roomy.tenant_id ORDER BY due_at) AS turn
       FROM roomy CROSS JOIN LATERAL (
         SELECT due_at FROM run_queue
         WHERE ${DUE} AND run_queue.tenant_id = roomy.tenant_id AND run_queue.lane = roomy.lane AND due_at <= $1::bigint
         ORDER BY due_at LIMIT greatest(0, least(room, (SELECT most FROM bound)))) AS each),
     turns AS (
       SELECT due.tenant_id, due.lane, row_number() OVER (ORDER BY turn, tenant_id <= $4, tenant_id) AS place
       FROM due WHERE turn <= tenant_room ORDER BY place LIMIT $2::integer)
     SELECT tenant_id, lane, count(*)::integer AS runs, (SELECT most FROM bound) AS most
     FROM turns GROUP BY tenant_id, lane ORDER BY max(place)`,
    [now, limit, perTenant, lastServed, JSON.stringify(Object.fromEntries(held ?? [])), maxRunningPerTenant, share],
  );
}

/** Before anything is counted. Without caps nothing is, and nobody waits. */
export async function lockCaps(run: Statement): Promise<void> {
  await run(`SELECT pg_advisory_xact_lock(${CAPS_LOCK})`);
}

/** In every claim, before it looks around. */
export async function shareCaps(run: Statement): Promise<void> {
  await run(`SELECT pg_advisory_xact_lock_shared(${NEW_CAP_LOCK})`);
}

/** Before a cap is set: what is claimed by then is seen, what is claimed afterwards sees the cap. */
export async function lockNewCap(run: Statement): Promise<void> {
  await run(`SELECT pg_advisory_xact_lock(${NEW_CAP_LOCK})`);
}

/** Of a row of the queue: its workflow has no cap, or the row stands in the workflow's lane. */
export const STANDS_RIGHT = `
  (lane <> '' OR NOT EXISTS (SELECT FROM workflow_caps WHERE workflow_caps.workflow_id = run_queue.workflow_id))`;

/** Of a row of the queue: neither its workflow's cap nor its tenant's, which the parameter gives, is reached. */
export const HAS_ROOM = (maxRunningPerTenant: string) => `
  NOT EXISTS (
    SELECT FROM workflow_caps WHERE workflow_caps.workflow_id = run_queue.lane AND max_running <= (
      SELECT count(*) FROM run_queue AS held WHERE held.lane = run_queue.lane AND held.lane <> ''
      AND held.lease_owner IS NOT NULL))
  AND (${maxRunningPerTenant}::integer IS NULL OR ${maxRunningPerTenant}::integer > (
    SELECT count(*) FROM run_queue AS held
    WHERE held.tenant_id = run_queue.tenant_id AND held.lease_owner IS NOT NULL))`;
