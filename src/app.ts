import { guardRequests } from "./app/guard-requests.ts";
import type { AppParts } from "./app/open-parts.ts";
import { createHookSecrets, createMailSealing, createSubscriptionSecrets } from "./app/seal-secrets.ts";
import { watchHostClock } from "./app/watch-host-clock.ts";
import { wireEngine } from "./app/wire-engine.ts";
import { createAuditReader } from "./audit/read-audit.ts";
import { createApiKeyManager } from "./auth/api-keys.ts";
import { createAccounts } from "./auth/create-accounts.ts";
import { createConnectorCatalog } from "./connections/connector-catalog.ts";
import { createConnectorFormReader } from "./connections/connector-forms.ts";
import type { EventApps } from "./connections/event-apps.ts";
import { openConnections } from "./connections/open-connections.ts";
import { createChoicesResolver } from "./connections/resolve-choices.ts";
import { AppError } from "./domain/errors.ts";
import { createRunControl } from "./engine/control-runs.ts";
import { createDraftEditor } from "./engine/drafts/edit-drafts.ts";
import { createVariableManager } from "./engine/manage-variables.ts";
import { createWorkflowManager } from "./engine/manage-workflows.ts";
import { limitCall } from "./engine/rate-limit/limited-call.ts";
import { createHeadroomReader } from "./engine/rate-limit/read-headroom.ts";
import { createRunReader } from "./engine/read-runs.ts";
import { createWorkflowReader } from "./engine/read-workflows.ts";
import { accountOfConnection } from "./engine/triggers/account-of-connection.ts";
import { deliverAppEvent } from "./engine/triggers/deliver-app-event.ts";
import { createTriggerReader } from "./engine/triggers/read-trigger.ts";
import { deliverWebhook } from "./engine/webhook/deliver-webhook.ts";
import { createClientAddresses } from "./http/client-addresses.ts";
import { createServer } from "./http/server.ts";
import type { Services } from "./http/services.ts";
import { openNotifications } from "./notifications/open-notifications.ts";
import { randomToken } from "./platform/crypto/random-token.ts";
import { createGuardedFetch } from "./platform/egress/guarded-fetch.ts";
import { EventLoopLag } from "./platform/event-loop-lag.ts";
import { idsBy } from "./platform/ids.ts";
import { openMailSender } from "./platform/mail/open-mail-sender.ts";
import { processMetrics, renderMetrics } from "./platform/metrics.ts";

export interface App {
  readonly services: Services;
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** Starts working on runs and schedules. */
  start(): void;
  /** Takes on no more work, hands back runs that are not finished after `graceMs`. The backend stays open. */
  stop(graceMs: number): Promise<void>;
}

/** The composition root: the one place where flows get their abilities. Nothing runs before `start`. */
export function createApp(parts: AppParts): App {
  const { backend, clock, config, vault, egress, connectors, sandbox, log, owner } = parts;
  const newId = idsBy(clock);
  const lag = new EventLoopLag();
  const request = guardRequests(egress);
  const appSecret = (provider: string, name: string) => config.appSecrets.get(`${provider}_${name}`) ?? null;
  const notifications = openNotifications({
    backend,
    clock,
    newId,
    random: Math.random,
    sealing: createMailSealing(vault),
    sender: openMailSender(config, egress),
    publicUrl: () => config.publicUrl,
    trouble: (problem, { tenantId, error }) => log.error(problem, { tenantId, ...(error ? { error } : {}) }),
  });
  const { useConnection, ...connections } = openConnections({
    backend,
    clock,
    newId,
    vault,
    connectors,
    request,
    fetch: createGuardedFetch(egress, { maxResponseBytes: 2 * 1024 * 1024 }),
    random: Math.random,
    owner,
    installationApps: config.providerClients,
    publicUrl: () => config.publicUrl,
    appSecret,
    newPublicId: () => randomToken(18),
    wakeParked: (scope) => engine.wakeParked(scope),
    wakeSubscriptions: () => engine.wakeSubscriptions(),
    async announce(notice) {
      const { tenantId, workspaceId, about, problem, at } = notice;
      const what =
        about.kind === "connection" ? `The connection "${about.name}" needs` : `The OAuth app of ${about.name} needs`;
      log.warn(`${what} somebody: ${problem}`, {
        tenantId,
        workspaceId,
        [about.kind]: about.id,
        at: new Date(at).toISOString(),
      });
      await notifications.tellOfConnection(notice);
    },
    trouble: (problem, error) => log.error(problem, { error }),
  });

  const engine = wireEngine(parts, { request, useConnection, gathering: notifications.gathering });
  const { accept, changed, dispatcher } = engine;
  const apiKeys = createApiKeyManager({ backend, clock, newId });
  const accounts = createAccounts({
    backend,
    clock,
    newId,
    vault,
    fetch: createGuardedFetch(egress, { timeoutMs: 15_000, maxResponseBytes: 2 * 1024 * 1024 }),
    publicUrl: () => config.publicUrl,
    postMail: notifications.post,
    trouble: (problem, error) => log.error(problem, { error }),
  });

  const subscriptionSecrets = createSubscriptionSecrets(vault);
  const workflows = {
    ...createWorkflowReader(backend),
    ...createWorkflowManager({
      backend,
      clock,
      newId,
      connectors,
      checkCode: (source) => sandbox.check(source),
      changed,
      publicUrl: () => config.publicUrl,
      ...createHookSecrets(vault),
      ...subscriptionSecrets,
      receivesEvents: connections.eventApps.receives,
      accountOf: (scope, connector, connection) =>
        accountOfConnection(scope, connector, connection, { ...engine.deps, connectors }),
    }),
  };

  const stopping = new AbortController();
  const services: Services = {
    accounts,
    sessions: accounts.sessions,
    addresses: createClientAddresses(config.trustedProxies),
    apiKeys,
    workflows,
    drafts: createDraftEditor({ backend, clock, manager: workflows }),
    runs: {
      ...createRunReader(backend),
      ...createRunControl({
        backend,
        clock,
        newId,
        accept,
        nudge: (runId) => dispatcher.nudge(runId),
        wake: () => dispatcher.wake(),
      }),
    },
    connections: connections.manager,
    oauth: { apps: connections.apps, ...connections.authorization },
    eventApps: pickShown(connections.eventApps),
    connectOptions: connections.options,
    connectors: createConnectorCatalog(connectors),
    connectorForms: createConnectorFormReader(connectors),
    variables: createVariableManager({ backend, clock, changed }),
    audit: createAuditReader(backend),
    mail: notifications.desk,
    choices: createChoicesResolver({
      connectors,
      useConnection,
      // Nobody's turn was taken for it: its first request waits for a token as well.
      limit: (call) =>
        limitCall(request, engine.rateLimits, { ...call, countsByRequest: true }, newId("form"), {
          prepaid: 0,
          comesAgain: false,
        }),
      clock,
    }),
    headroom: createHeadroomReader({ backend, connectors, limiter: engine.rateLimits, clock }),
    readTrigger: createTriggerReader(engine.deps),
    deliverAppEvent: (connector, publicId, delivery) =>
      deliverAppEvent(connector, publicId, delivery, {
        ...engine.deps,
        connectors,
        accept,
        appSecret,
        openAppSecrets: connections.eventApps.open,
        hearRevocations: connections.hearRevocations,
        unreachable: ({ tenantId, workflowId }, error) =>
          log.error("A workflow could not be loaded for an app's event", { tenantId, workflowId, error }),
      }),
    deliver: (delivery) =>
      deliverWebhook(delivery, {
        backend,
        clock,
        newId,
        cache: engine.cache,
        responses: engine.responses,
        accept,
        useConnection,
        ...subscriptionSecrets,
      }),
    async ready() {
      if (stopping.signal.aborted) throw new AppError("unavailable", "The server is stopping.");
      await backend.check();
    },
    metrics: () => renderMetrics([...processMetrics(lag), ...engine.metrics()]),
    publicUrl: config.publicUrl,
    stopping: stopping.signal,
    limits: {
      maxBodyBytes: config.maxBodyBytes,
      keepAliveSeconds: config.keepAliveSeconds,
      metricsToken: config.metricsToken,
    },
    clock,
    newId,
    log,
  };

  let stopWatching = () => {};
  return {
    services,
    fetch: createServer(services).fetch,
    start() {
      lag.start();
      backend.onOutsideChange((change) => {
        if (change.kind === "signalled") return dispatcher.nudge(change.runId);
        if (change.kind === "missed") dispatcher.nudgeHeld();
        if (change.kind !== "due") {
          changed();
          apiKeys.forget();
          accounts.sessions.forget();
          vault.forget();
        }
        dispatcher.wake();
      });
      engine.start();
      accounts.pruning.start();
      connections.ticker.start();
      notifications.start();
      stopWatching = watchHostClock(backend, clock, log);
    },
    async stop(graceMs) {
      stopping.abort();
      lag.stop();
      stopWatching();
      await Promise.all([engine.stop(graceMs), accounts.pruning.stop(), connections.ticker.stop()]);
      await notifications.stop(graceMs);
      // Their runs go on without them, after the next start.
      engine.responses.giveUp();
      await backend.runs.releaseAll(owner, clock.now()).catch((error: unknown) => {
        log.error("runs could not be handed back; the next start takes them over", { error });
      });
    },
  };
}

/** Without what opens secrets. */
function pickShown({ show, reserve, check, save, remove }: EventApps): Services["eventApps"] {
  return { show, reserve, check, save, remove };
}
