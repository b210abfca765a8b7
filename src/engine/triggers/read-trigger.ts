import { authorize } from "../../domain/authorize.ts";
import type { Scope } from "../../domain/tenant.ts";
import { brokenConnections } from "../broken-connections.ts";
import type { EngineDeps } from "../engine-deps.ts";

/** How a published trigger that does something by itself stands. */
export interface TriggerStanding {
  /**
   * - `off`: nothing is published, or the trigger does nothing by itself (a webhook, by hand);
   * - `starting`: not yet registered at the provider, or not polled for the first time;
   * - `working`;
   * - `waiting_for_connection`: goes on by itself once the connection is mended;
   * - `failing`: tried again and again; `problem` says why;
   * - `stopping`: being taken away at the provider.
   */
  readonly state: "off" | "starting" | "working" | "waiting_for_connection" | "failing" | "stopping";
  readonly problem: string | null;
  /** Failures in a row. */
  readonly failures: number;
  /** When it asks the provider next, or the schedule fires; null when it does not. */
  readonly nextAt: number | null;
  /** When the last poll succeeded. */
  readonly succeededAt: number | null;
}

const OFF: TriggerStanding = { state: "off", problem: null, failures: 0, nextAt: null, succeededAt: null };
/** What lies further ahead than this is no plan. */
const FURTHEST_MS = 8.64e15;

export function createTriggerReader(deps: Pick<EngineDeps, "backend" | "loadWorkflow">) {
  const { polls, subscriptions, schedules } = deps.backend;

  /** No run is started that would only wait for a person: a schedule pauses with its workflow's connections. */
  async function readSchedule(scope: Scope, workflowId: string): Promise<TriggerStanding> {
    const schedule = await schedules.find(scope, workflowId);
    if (!schedule) return OFF;
    const broken = await brokenConnections(scope, workflowId, schedule.version, deps);
    if (broken.length === 0) return { ...OFF, state: "working", nextAt: schedule.nextAt };
    const found = await Promise.all(broken.map((id) => deps.backend.connections.find(scope, id)));
    const names = found.map((connection) => `"${connection?.name}"`).join(", ");
    return { ...OFF, state: "waiting_for_connection", problem: `To be reconnected first: ${names}.` };
  }

  return async function readTrigger(scope: Scope, workflowId: string): Promise<TriggerStanding> {
    authorize(scope, "workflow.read");
    const poll = await polls.find(scope, workflowId);
    if (poll) {
      const { problem, failures, nextAt, succeededAt } = poll;
      return { state: stateOf(poll, succeededAt !== null), problem, failures, nextAt, succeededAt };
    }
    const subscription = await subscriptions.find(scope, workflowId);
    if (!subscription) return readSchedule(scope, workflowId);
    const { wanted, standing, problem, failures, nextAt } = subscription;
    const isThere = standing?.triggerHash === wanted?.triggerHash && (standing?.state ?? null) !== null;
    const state = wanted === null && !subscription.paused ? "stopping" : stateOf(subscription, isThere);
    return { state, problem, failures, nextAt: nextAt < FURTHEST_MS ? nextAt : null, succeededAt: null };
  };
}

export type TriggerReader = ReturnType<typeof createTriggerReader>;

function stateOf(
  { paused, problem }: { readonly paused: boolean; readonly problem: string | null },
  worked: boolean,
): TriggerStanding["state"] {
  if (paused) return "waiting_for_connection";
  return problem === null ? (worked ? "working" : "starting") : "failing";
}
