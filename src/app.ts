import { registry } from "../connectors/registry.generated.ts";
import { createAuditReader } from "./audit/read-audit.ts";
import { createApiKeyManager } from "./auth/api-keys.ts";
import { createAccounts } from "./auth/create-accounts.ts";
import { openBackend } from "./backend/open.ts";
import type { Config } from "./config.ts";
import { createConnectorCatalog } from "./connections/connector-catalog.ts";
import { createConnectorFormReader } from "./connections/connector-forms.ts";
import type { EventApps } from "./connections/event-apps.ts";
import { openConnections } from "./connections/open-connections.ts";
import { openVault } from "./connections/open-vault.ts";
import { createChoicesResolver } from "./connections/resolve-choices.ts";
import type { Vault } from "./connections/vault.ts";
import type { GuardedRequest } from "./connector-sdk/call-provider.ts";
import type { ConnectorRegistry } from "./connector-sdk/connector.ts";
import type { Backend } from "./domain/backend.ts";
import { AppError } from "./domain/errors.ts";
import type { FinalStatus } from "./domain/run.ts";
import type { Scope } from "./domain/tenant.ts";
import { acceptTrigger, type TriggerEvent } from "./engine/accept-trigger.ts";
import { AlertAnnouncer } from "./engine/announce-alerts.ts";
import type { CodeSandbox } from "./engine/code-sandbox/code-sandbox.ts";
import { createCodeSandbox } from "./engine/code-sandbox/create-code-sandbox.ts";
import { createRunControl } from "./engine/control-runs.ts";
import { DEFAULT_LIMITS, Dispatcher } from "./engine/dispatcher.ts";
import { createDraftEditor } from "./engine/drafts/edit-drafts.ts";
import type { EngineDeps } from "./engine/engine-deps.ts";
import { ScheduleTicker } from "./engine/fire-schedules.ts";
import { createVariableManager } from "./engine/manage-variables.ts";
import { createWorkflowManager } from "./engine/manage-workflows.ts";
import { PruneTicker } from "./engine/prune-runs.ts";
import { limitCall } from "./engine/rate-limit/limited-call.ts";
import { RateLimiter } from "./engine/rate-limit/rate-limiter.ts";
import { createHeadroomReader } from "./engine/rate-limit/read-headroom.ts";
import { createRunReader } from "./engine/read-runs.ts";
import { createWorkflowReader } from "./engine/read-workflows.ts";
import { ResponseBoard } from "./engine/response-board.ts";
import { createInputSealer } from "./engine/seal-input.ts";
import { accountOfConnection } from "./engine/triggers/account-of-connection.ts";
import { deliverAppEvent } from "./engine/triggers/deliver-app-event.ts";
import { createPollTicker } from "./engine/triggers/poll-ticker.ts";
import { createTriggerReader } from "./engine/triggers/read-trigger.ts";
import { createSubscriptionTicker } from "./engine/triggers/subscription-ticker.ts";
import { deliverWebhook, hashHookSecret } from "./engine/webhook/deliver-webhook.ts";
import { WorkflowCache } from "./engine/workflow-cache.ts";
import { createClientAddresses } from "./http/client-addresses.ts";
import { createServer } from "./http/server.ts";
import type { Services } from "./http/services.ts";
import { openNotifications } from "./notifications/open-notifications.ts";
import { type Clock, systemClock } from "./platform/clock.ts";
import { randomToken } from "./platform/crypto/random-token.ts";
import { createEgress, type Egress } from "./platform/egress/create-egress.ts";
import { createGuardedFetch } from "./platform/egress/guarded-fetch.ts";
import { createHostShare } from "./platform/egress/share-host.ts";
import { EventLoopLag } from "./platform/event-loop-lag.ts";
import { newId } from "./platform/ids.ts";
import type { Log } from "./platform/log.ts";
import { openMailSender } from "./platform/mail/open-mail-sender.ts";
import { type Metric, processMetrics, renderMetrics } from "./platform/metrics.ts";

const DAY_MS = 86_400_000;

/** What a process has opened; handed in, so that the server, commands and tests build the same product from it. */
export interface AppParts {
  readonly config: Config;
  readonly backend: Backend;
  readonly vault: Vault;
  readonly egress: Egress;
  readonly sandbox: CodeSandbox;
  readonly connectors: ConnectorRegistry;
  readonly clock: Clock;
  readonly log: Log;
  /** The name under which this process holds runs: another one at every start. */
  readonly owner: string;
}

export interface OpenOptions {
  readonly config: Config;
  readonly log: Log;
  /** How the process that runs code steps is started. */
  readonly sandboxCommand: readonly [string, ...string[]];
  /** True for the server, which is alone on its data; a command works beside it. */
  readonly lock: boolean;
}

/** Opens everything that the configuration names. Rejects with an `AppError` that says what cannot be used, and why. */
export async function openParts({ config, log, sandboxCommand, lock }: OpenOptions): Promise<AppParts> {
  const {
    dataDir,
    databaseUrl,
    encryptionKeys,
    maxQueuedRuns,
    maxRunningPerTenant,
    egressAllow,
    egressProxy,
    extraCaCerts,
  } = config;
  const owner = newId("owner");
  const backend = await openBackend({
    databaseUrl: databaseUrl ?? "",
    dataDir,
    owner,
    lock,
    maxUnfinishedPerTenant: maxQueuedRuns,
    maxRunningPerTenant,
  });
  try {
    const open = () => openVault({ encryptionKeys, dataDir, backend });
    // A server without the right key must not start; a command asks for it only when it seals or opens something.
    const vault = lock ? await open() : openWhenUsed(open);
    const egress = createEgress({
      allow: egressAllow,
      ...(egressProxy === null ? {} : { proxyUrl: egressProxy }),
      ...(extraCaCerts === null ? {} : { extraCaCerts }),
    });
    const sandbox = createCodeSandbox({ command: sandboxCommand });
    return { config, backend, vault, egress, sandbox, connectors: registry, clock: systemClock, log, owner };
  } catch (error) {
    await backend.close();
    throw error;
  }
}

function openWhenUsed(open: () => Promise<Vault>): Vault {
  let opened: Promise<Vault> | null = null;
  const vault = () => {
    opened ??= open();
    return opened;
  };
  return {
    seal: async (place, plaintext) => (await vault()).seal(place, plaintext),
    open: async (place, envelope) => (await vault()).open(place, envelope),
    forget: () => void opened?.then((vault) => vault.forget()).catch(() => {}),
  };
}

export async function closeParts({ sandbox, egress, backend }: AppParts): Promise<void> {
  await sandbox.close();
  egress.close();
  await backend.close();
}

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
  const checkCode = (source: string) => sandbox.check(source);
  const cache = new WorkflowCache(backend, { connectors, checkCode });
  const responses = new ResponseBoard();
  const ended: Record<FinalStatus, number> = { succeeded: 0, failed: 0, cancelled: 0 };
  const lag = new EventLoopLag();
  const request = guardedRequest(egress);
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
    async wakeParked(scope) {
      await backend.runs.wakeParked(scope, clock.now());
      await backend.polls.wakePaused(scope, clock.now());
      polls.wake();
      await backend.subscriptions.wakePaused(scope, clock.now());
      subscriptions.wake();
      dispatcher.wake();
    },
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

  const rateLimits = new RateLimiter({ rates: backend.rates, clock });
  const engine: EngineDeps = {
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
    ...createInputSealer(
      ({ tenantId, runId, key }, field, text) =>
        vault.seal({ tenantId, table: "steps", row: `${runId}/${key}`, field }, text),
      ({ tenantId, runId, key }, field, text) =>
        vault.open({ tenantId, table: "steps", row: `${runId}/${key}`, field }, text),
    ),
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
  const alerts = new AlertAnnouncer({
    backend,
    clock,
    async announce({ tenantId, runId, reason, at }) {
      log.warn(reason, { tenantId, runId, at: new Date(at).toISOString() });
    },
    gathering: notifications.gathering,
  });
  const dispatcher = new Dispatcher(engine, { ...DEFAULT_LIMITS, maxRunningPerTenant: config.maxRunningPerTenant });
  const schedules = new ScheduleTicker({ ...engine, dispatcher });
  const polls = createPollTicker({
    ...engine,
    dispatcher,
    failed: ({ tenantId, workflowId }, problem) => log.warn("A poll failed", { tenantId, workflowId, problem }),
  });
  const subscriptionSecrets = createSubscriptionSecrets(vault);
  const subscriptions = createSubscriptionTicker({
    ...engine,
    ...subscriptionSecrets,
    publicUrl: () => config.publicUrl,
    failed: ({ tenantId, workflowId }, problem) =>
      log.warn("A subscription at a provider failed", { tenantId, workflowId, problem }),
  });
  const pruning = new PruneTicker({ backend, clock, retentionDays: config.runRetentionDays });
  const accept = (scope: Scope, event: TriggerEvent) => acceptTrigger(scope, event, { ...engine, dispatcher });
  const changed = () => {
    cache.forgetChanging();
    schedules.wake();
    polls.wake();
    subscriptions.wake();
  };
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

  const workflows = {
    ...createWorkflowReader(backend),
    ...createWorkflowManager({
      backend,
      clock,
      newId,
      connectors,
      checkCode,
      changed,
      publicUrl: () => config.publicUrl,
      ...createHookSecrets(vault),
      ...subscriptionSecrets,
      receivesEvents: connections.eventApps.receives,
      accountOf: (scope, connector, connection) =>
        accountOfConnection(scope, connector, connection, { ...engine, connectors }),
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
        limitCall(engine.request, rateLimits, { ...call, countsByRequest: true }, newId("form"), {
          prepaid: 0,
          comesAgain: false,
        }),
      clock,
    }),
    headroom: createHeadroomReader({ backend, connectors, limiter: rateLimits, clock }),
    readTrigger: createTriggerReader(backend),
    deliverAppEvent: (connector, publicId, delivery) =>
      deliverAppEvent(connector, publicId, delivery, {
        ...engine,
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
        cache,
        responses,
        accept,
        useConnection,
        ...subscriptionSecrets,
      }),
    async ready() {
      if (stopping.signal.aborted) throw new AppError("unavailable", "The server is stopping.");
      await backend.check();
    },
    metrics: () => renderMetrics([...processMetrics(lag), ...engineMetrics(backend, dispatcher, ended)]),
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
      dispatcher.start();
      schedules.start();
      polls.start();
      subscriptions.start();
      pruning.start();
      accounts.pruning.start();
      alerts.start();
      connections.ticker.start();
      notifications.start();
    },
    async stop(graceMs) {
      stopping.abort();
      lag.stop();
      await Promise.all([
        schedules.stop(),
        polls.stop(graceMs),
        subscriptions.stop(graceMs),
        pruning.stop(),
        accounts.pruning.stop(),
        connections.ticker.stop(),
        dispatcher.stop(graceMs),
      ]);
      await alerts.stop();
      await notifications.stop(graceMs);
      // Their runs go on without them, after the next start.
      responses.giveUp();
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

/** A webhook's path secret is found by its hash, and sealed so that the URL can be shown again. */
function createHookSecrets(vault: Vault) {
  const place = (tenantId: string, row: string) => ({ tenantId, table: "hooks", row, field: "secret" });
  return {
    async newHookSecret(tenantId: string, workflowId: string) {
      const secret = randomToken(24);
      return {
        secret,
        secretHash: hashHookSecret(secret),
        sealedSecret: await vault.seal(place(tenantId, workflowId), secret),
      };
    },
    openHookSecret: (tenantId: string, workflowId: string, sealed: string) =>
      vault.open(place(tenantId, workflowId), sealed),
  };
}

/** What a mail says, sealed where the mail is stored: it may be a link that opens an account. */
function createMailSealing(vault: Vault) {
  const place = (tenantId: string, row: string) => ({ tenantId, table: "mails", row, field: "content" });
  return {
    seal: (tenantId: string, mailId: string, text: string) => vault.seal(place(tenantId, mailId), text),
    open: (tenantId: string, mailId: string, sealed: string) => vault.open(place(tenantId, mailId), sealed),
  };
}

/** What a subscription's address and signatures are made of, sealed where the subscription is stored. */
function createSubscriptionSecrets(vault: Vault) {
  const place = (tenantId: string, row: string) => ({ tenantId, table: "trigger_subscriptions", row, field: "sealed" });
  return {
    sealSubscription: (tenantId: string, workflowId: string, text: string) =>
      vault.seal(place(tenantId, workflowId), text),
    openSubscription: (tenantId: string, workflowId: string, sealed: string) =>
      vault.open(place(tenantId, workflowId), sealed),
  };
}

/** Answers larger than this are refused; the engine stores and shows what comes in. */
const MAX_RESPONSE_BYTES = 8 * 1024 * 1024;

/** As many as the egress keeps connections to a host. */
const MAX_REQUESTS_PER_HOST = 256;

function guardedRequest(egress: Egress): GuardedRequest {
  const share = createHostShare(MAX_REQUESTS_PER_HOST);
  return ({ allowedHosts, tenantId = "", ...request }) =>
    share(request.url, tenantId, request.signal, () =>
      egress.request({
        ...request,
        maxResponseBytes: MAX_RESPONSE_BYTES,
        ...(allowedHosts === null ? {} : { allowedHosts }),
      }),
    );
}

function engineMetrics(
  backend: Backend,
  dispatcher: Dispatcher,
  ended: Record<FinalStatus, number>,
): readonly Metric[] {
  const stored = Object.keys(backend.metrics()).map((name): Metric => {
    const kind = name.endsWith("_total") ? "counter" : "gauge";
    return {
      name: `integrationsync_${name}`,
      help: "About the backend.",
      kind,
      read: () => backend.metrics()[name] ?? 0,
    };
  });
  return [
    {
      name: "integrationsync_runs_held",
      help: "Runs in memory now.",
      kind: "gauge",
      read: () => dispatcher.heldCount,
    },
    {
      name: "integrationsync_runs_ended_total",
      help: "Runs that ended since the process started.",
      kind: "counter",
      label: "status",
      read: () => ended,
    },
    ...stored,
  ];
}
