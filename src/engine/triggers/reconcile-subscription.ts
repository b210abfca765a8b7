import { ActionError } from "../../connector-sdk/action-error.ts";
import type { CallContext } from "../../connector-sdk/call-context.ts";
import type { SubscriptionTrigger } from "../../connector-sdk/trigger.ts";
import { ENGINE_PERMISSIONS } from "../../domain/permission.ts";
import type {
  StandingSubscription,
  SubscriptionSettlement,
  TriggerSubscription,
} from "../../domain/subscription-store.ts";
import { grantScope } from "../../domain/tenant.ts";
import type { CompiledWorkflow } from "../compiled-workflow.ts";
import type { EngineDeps } from "../engine-deps.ts";
import { type CallTriggerDeps, callTrigger, type TriggerCall } from "./call-trigger.ts";
import { type Move, renewTime } from "./next-move.ts";
import { CONNECTION_RECHECK_MS, retryDelayMs } from "./retry-delay.ts";
import { openSecrets, type SealDeps } from "./subscription-secrets.ts";

export type ReconcileDeps = CallTriggerDeps &
  Pick<EngineDeps, "random" | "loadWorkflow"> &
  Pick<SealDeps, "openSubscription"> & { readonly publicUrl: () => string };

/** Far beyond every clock: there is nothing to do before something changes. */
export const NEVER = Number.MAX_SAFE_INTEGER;
/** About a day and a half. A provider that refuses so long to forget us is left alone; what it still sends finds nobody. */
const GIVE_UP_FAILURES = 40;
const ACTOR = { kind: "system", id: "subscription" } as const;

type Work = Exclude<Move, { kind: "nothing" }>;
type Outcome = TriggerCall<StandingSubscription | null>;

/** Makes the one call to the provider that `move` asks for, and says how the subscription stands then. Stores nothing. */
export async function reconcileSubscription(
  subscription: TriggerSubscription,
  move: Work,
  deps: ReconcileDeps,
): Promise<SubscriptionSettlement> {
  const outcome = await callProviderFor(subscription, move, deps);
  const { clock } = deps;
  if (outcome.kind === "done") return done(outcome.value, clock.now());
  if (outcome.kind === "parked") {
    const { standing, failures } = subscription;
    return { standing, failures, nextAt: clock.now() + CONNECTION_RECHECK_MS, problem: outcome.reason, paused: true };
  }
  return failed(subscription, move, outcome.error, deps);
}

function done(standing: StandingSubscription | null, now: number): SubscriptionSettlement {
  // Without one, something else may be wanted: looked at at once.
  const nextAt = standing === null ? now : (standing.renewAt ?? NEVER);
  return { standing, nextAt, failures: 0, problem: null, paused: false };
}

export function failed(
  { standing, failures: before }: TriggerSubscription,
  move: Work,
  error: ActionError,
  { clock, random }: Pick<ReconcileDeps, "clock" | "random">,
): SubscriptionSettlement {
  const { kind, code, message, retryAfterMs } = error;
  const failures = kind === "rate_limited" ? before : before + 1;
  const nextAt = clock.now() + retryDelayMs(failures, retryAfterMs, random());
  const again = { nextAt, failures, problem: message, paused: false };
  // A deleted connection never comes back.
  const hopeless = code === "connection" || failures >= GIVE_UP_FAILURES;
  if (move.kind === "unsubscribe" && hopeless) return { ...done(null, clock.now()), problem: message };
  // What the provider no longer knows cannot be prolonged: it is registered anew.
  if (move.kind === "renew" && kind === "final" && standing)
    return { ...again, standing: { ...standing, state: null } };
  return { ...again, standing };
}

async function callProviderFor(subscription: TriggerSubscription, move: Work, deps: ReconcileDeps): Promise<Outcome> {
  const { tenantId, workspaceId, workflowId } = subscription;
  const scope = grantScope(tenantId, workspaceId, ACTOR, ENGINE_PERMISSIONS);
  const { version, triggerHash } = move.kind === "subscribe" ? move.as : move.standing;
  const workflow = await deps.loadWorkflow(scope, workflowId, version);
  const { trigger } = workflow;
  if (trigger.kind !== "subscription") return { kind: "failed", error: mismatch() };
  const { path, signing } = await openSecrets(subscription, deps);
  const place = { url: `${deps.publicUrl()}/hooks/${path}`, secret: signing, key: workflowId };
  return callTrigger(scope, workflowId, workflow, deps, async (context) => {
    const call = { ...context, ...place, input: workflow.triggerInput };
    if (move.kind === "unsubscribe") {
      await trigger.unsubscribe({ ...call, state: move.standing.state });
      return null;
    }
    const { state, expiresAt } = await subscribe(trigger, move, call);
    return { version, triggerHash, state, renewAt: renewTime(expiresAt ?? null, deps.clock.now()) };
  });
}

type SubscribeCall = CallContext & {
  readonly input: CompiledWorkflow["triggerInput"];
  readonly url: string;
  readonly secret: string;
  readonly key: string;
};

function subscribe(trigger: SubscriptionTrigger, move: Exclude<Work, { kind: "unsubscribe" }>, call: SubscribeCall) {
  const state = move.kind === "renew" ? move.standing.state : null;
  return state !== null && trigger.renew ? trigger.renew({ ...call, state }) : trigger.subscribe(call);
}

function mismatch(): ActionError {
  return new ActionError("final", "The connector no longer has this trigger. Choose another one and publish.", {
    code: "connector_error",
  });
}
