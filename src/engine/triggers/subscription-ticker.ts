import { ActionError } from "../../connector-sdk/action-error.ts";
import { AppError } from "../../domain/errors.ts";
import { ENGINE_PERMISSIONS } from "../../domain/permission.ts";
import type {
  StandingSubscription,
  SubscriptionSettlement,
  TriggerSubscription,
} from "../../domain/subscription-store.ts";
import { grantScope, type Scope } from "../../domain/tenant.ts";
import type { EngineDeps } from "../engine-deps.ts";
import { type Move, nextMove } from "./next-move.ts";
import { failed, NEVER, type ReconcileDeps, reconcileSubscription } from "./reconcile-subscription.ts";
import { TriggerWork } from "./trigger-work.ts";

export type SubscriptionTickerDeps = ReconcileDeps &
  Pick<EngineDeps, "backend"> & {
    /** It has a problem that it did not have before: for the server's log. */
    readonly failed: (subscription: TriggerSubscription, problem: string) => void;
    /** The provider was asked to forget it for as long as that is done, and goes on calling. */
    readonly leftRegistered: (scope: Scope, connectionId: string, message: string) => Promise<void>;
  };

const ACTOR = { kind: "system", id: "subscription" } as const;
/** Longer than a call to the provider may take; after that, whoever took it is gone. */
const LEASE_MS = 150_000;

/** Brings what is registered at providers to what is published. */
export function createSubscriptionTicker(deps: SubscriptionTickerDeps): TriggerWork<TriggerSubscription> {
  const { backend, clock } = deps;
  return new TriggerWork({
    clock,
    due: (limit, exceptTenants) => backend.subscriptions.due(clock.now(), limit, exceptTenants),
    nextDueAt: () => backend.subscriptions.nextDueAt(),
    async work(due) {
      const move = nextMove(due, clock.now());
      // Stored before the provider is called: from now on something may stand there.
      const taken = await backend.subscriptions.take(due, standingDuring(due, move), clock.now() + LEASE_MS);
      if (!taken) return;
      if (move.kind === "nothing") {
        const { standing } = taken;
        const nextAt = standing?.renewAt ?? NEVER;
        return settle(taken, { standing, nextAt, failures: 0, problem: null, paused: false });
      }
      try {
        await settle(taken, await reconcileSubscription(taken, move, deps), move);
      } catch (error) {
        if (!(error instanceof AppError) || error.code === "unavailable") throw error;
        const known = new ActionError("final", error.message, { code: error.code, cause: error });
        await settle(taken, failed(taken, move, known, deps), move);
      }
    },
  });

  async function settle(taken: TriggerSubscription, settlement: SubscriptionSettlement, move?: Move): Promise<void> {
    const { problem, standing } = settlement;
    const settled = await backend.subscriptions.settle(taken, settlement);
    if (!settled || problem === null) return;
    if (problem !== taken.problem) deps.failed(taken, problem);
    if (move?.kind === "unsubscribe" && standing === null) await tellLeft(taken, move.standing, problem);
  }

  async function tellLeft(
    { tenantId, workspaceId, workflowId }: TriggerSubscription,
    { version }: StandingSubscription,
    problem: string,
  ): Promise<void> {
    const scope = grantScope(tenantId, workspaceId, ACTOR, ENGINE_PERMISSIONS);
    const { definition } = (await backend.workflows.findVersion(scope, workflowId, version)) ?? {};
    if (definition?.trigger.connection === undefined) return;
    const message = `The provider goes on calling the address of "${definition.name}" (${workflowId}), because it could not be told to stop: ${problem} Remove it there.`;
    await deps.leftRegistered(scope, definition.trigger.connection, message);
  }
}

function standingDuring({ standing }: TriggerSubscription, move: Move): StandingSubscription | null {
  return move.kind === "subscribe" ? { ...move.as, state: null, renewAt: null } : standing;
}
