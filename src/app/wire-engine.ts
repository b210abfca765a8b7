import type { GuardedRequest } from "../connector-sdk/call-provider.ts";
import type { FinalStatus } from "../domain/run.ts";
import type { Scope } from "../domain/tenant.ts";
import { acceptTrigger, type TriggerEvent } from "../engine/accept-trigger.ts";
import { type AlertAnnouncerDeps, createAlertAnnouncer } from "../engine/announce-alerts.ts";
import { DEFAULT_LIMITS, Dispatcher } from "../engine/dispatcher.ts";
import type { EngineDeps } from "../engine/engine-deps.ts";
import { createScheduleTicker } from "../engine/fire-schedules.ts";
import { createPruneTicker } from "../engine/prune-runs.ts";
import { RateLimiter } from "../engine/rate-limit/rate-limiter.ts";
import { ResponseBoard } from "../engine/response-board.ts";
import { createPollTicker } from "../engine/triggers/poll-ticker.ts";
import { createSubscriptionTicker } from "../engine/triggers/subscription-ticker.ts";
import { WorkflowCache } from "../engine/workflow-cache.ts";
import { idsBy } from "../platform/ids.ts";
import { engineMetrics } from "./engine-metrics.ts";
import type { AppParts } from "./open-parts.ts";
import { createStepSecrets, createSubscriptionSecrets } from "./seal-secrets.ts";

const DAY_MS = 86_400_000;

/** What the engine needs of the rest of the product. */
export interface EngineNeeds {
  readonly request: GuardedRequest;
  readonly useConnection: EngineDeps["useConnection"];
  /** How alerts are gathered for mails. */
  readonly gathering: AlertAnnouncerDeps["gathering"];
}

/** Everything that takes events in and works on runs. Nothing runs before `start`. */
export function wireEngine(parts: AppParts, { request, useConnection, gathering }: EngineNeeds) {
  const { backend, clock, config, vault, connectors, sandbox, log, owner } = parts;
  const newId = idsBy(clock);
  const checkCode = (source: string) => sandbox.check(source);
  const cache = new WorkflowCache(backend, { connectors, checkCode });
  const responses = new ResponseBoard();
  const ended: Record<FinalStatus, number> = { succeeded: 0, failed: 0, cancelled: 0 };
  const rateLimits = new RateLimiter({ rates: backend.rates, clock });
  const deps: EngineDeps = {
    backend,
    clock,
    newId,
    random: Math.random,
    owner,
    loadWorkflow: (scope, id, version) => cache.load(scope, id, version),
    loadVariables: (scope) => cache.variables(scope),
    findPublished: async (scope, id) => (await backend.workflows.find(scope, id))?.publishedVersion ?? null,
    useConnection,
    request,
    rateLimits,
    sandbox,
    maxParkedMs: config.maxParkedDays * DAY_MS,
    ...createStepSecrets(vault),
    events: {
      responded: (runId, response) => responses.post(runId, { kind: "responded", response }),
      ended(run, end) {
        ended[end.status] += 1;
        responses.post(run.id, { kind: "ended", status: end.status });
      },
      alertStored: () => alerts.wake(),
      trouble: (run, problem, error) =>
        log.error(problem, { runId: run.id, tenantId: run.tenantId, workflowId: run.workflowId, error }),
    },
  };
  const alerts = createAlertAnnouncer({
    backend,
    clock,
    async announce({ tenantId, runId, reason, at }) {
      log.warn(reason, { tenantId, runId, at: new Date(at).toISOString() });
    },
    gathering,
  });
  const dispatcher = new Dispatcher(deps, { ...DEFAULT_LIMITS, maxRunningPerTenant: config.maxRunningPerTenant });
  const schedules = createScheduleTicker({ ...deps, dispatcher });
  const polls = createPollTicker({
    ...deps,
    dispatcher,
    failed: ({ tenantId, workflowId }, problem) => log.warn("A poll failed", { tenantId, workflowId, problem }),
  });
  const subscriptionSecrets = createSubscriptionSecrets(vault);
  const subscriptions = createSubscriptionTicker({
    ...deps,
    ...subscriptionSecrets,
    publicUrl: () => config.publicUrl,
    failed: ({ tenantId, workflowId }, problem) =>
      log.warn("A subscription at a provider failed", { tenantId, workflowId, problem }),
    async leftRegistered(scope, connectionId, message) {
      log.warn(message, { tenantId: scope.tenantId, connectionId });
      await backend.connections.record(scope, connectionId, { at: clock.now(), kind: "left_registered", message });
    },
  });
  const pruning = createPruneTicker({ backend, clock, retentionDays: config.runRetentionDays });
  const accept = (scope: Scope, event: TriggerEvent) => acceptTrigger(scope, event, { ...deps, dispatcher });
  const changed = () => {
    cache.forgetChanging();
    schedules.wake();
    polls.wake();
    subscriptions.wake();
  };

  return {
    deps,
    cache,
    responses,
    rateLimits,
    dispatcher,
    accept,
    changed,
    /** Goes on with what waited for a connection of the workspace. */
    async wakeParked(scope: Scope): Promise<void> {
      await backend.runs.wakeParked(scope, clock.now());
      await backend.polls.wakePaused(scope, clock.now());
      polls.wake();
      await backend.subscriptions.wakePaused(scope, clock.now());
      subscriptions.wake();
      dispatcher.wake();
    },
    wakeSubscriptions: () => subscriptions.wake(),
    metrics: () => engineMetrics(backend, dispatcher, ended),
    start(): void {
      dispatcher.start();
      schedules.start();
      polls.start();
      subscriptions.start();
      pruning.start();
      alerts.start();
    },
    /** Takes on no more work; what is not finished after `graceMs` is for the next start, or another replica. */
    async stop(graceMs: number): Promise<void> {
      await Promise.all([
        schedules.stop(),
        polls.stop(graceMs),
        subscriptions.stop(graceMs),
        pruning.stop(),
        dispatcher.stop(graceMs),
      ]);
      await alerts.stop();
    },
  };
}
