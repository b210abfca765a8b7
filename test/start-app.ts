import { join } from "node:path";
import { registry } from "../connectors/registry.generated.ts";
import { type App, createApp } from "../src/app.ts";
import { openBackend } from "../src/backend/open.ts";
import { type Config, readConfig, withListeningPort } from "../src/config.ts";
import { openVault } from "../src/connections/open-vault.ts";
import type { ConnectorRegistry } from "../src/connector-sdk/connector.ts";
import type { Backend } from "../src/domain/backend.ts";
import { type ApiKeyScope, COMMAND_LINE_PERMISSIONS } from "../src/domain/permission.ts";
import { grantScope, type Scope } from "../src/domain/tenant.ts";
import { createCodeSandbox } from "../src/engine/code-sandbox/create-code-sandbox.ts";
import { type Clock, clockBy } from "../src/platform/clock.ts";
import { createEgress } from "../src/platform/egress/create-egress.ts";
import { newId } from "../src/platform/ids.ts";
import type { Log, LogFields } from "../src/platform/log.ts";
import { openTestStorage, type TestStorage } from "./test-storage.ts";

/** The whole server in this process, on a free port of the loopback interface, with storage of its own. */
export interface StartedApp {
  /** Such as `http://127.0.0.1:40123`, without a slash at the end. */
  readonly url: string;
  readonly backend: Backend;
  readonly app: App;
  readonly storage: TestStorage;
  /** What was logged at level `error`. */
  readonly errors: readonly LoggedLine[];
  /** What was logged at level `warn`: runs that failed or need somebody. */
  readonly warnings: readonly LoggedLine[];
  createTenant(slug: string): Promise<TestTenant>;
  stop(): Promise<void>;
}

export interface LoggedLine {
  readonly message: string;
  readonly fields: LogFields;
}

export interface TestTenant {
  readonly scope: Scope;
  createKey(scopes?: readonly ApiKeyScope[]): Promise<string>;
}

/**
 * `environment` is added to a configuration that lets workflows call the loopback interface. With `shared`, a replica
 * beside others on the same Postgres, which stays when this one stops.
 */
export async function startApp(
  environment: Readonly<Record<string, string>> = {},
  /** Null for the time that a server goes by. */
  clock: Clock | null = null,
  shared: TestStorage | null = null,
  /** Beside those that we ship. */
  connectors: ConnectorRegistry = {},
  hostNow: () => number = Date.now,
): Promise<StartedApp> {
  const storage = shared ?? (await openTestStorage());
  const read = readConfig({ ...storage.environment, PORT: "0", EGRESS_ALLOW: "127.0.0.0/8", ...environment });
  if (!read.ok) throw new Error(read.message);
  // The port is part of the webhooks' URLs, so it is taken first.
  let answer: (request: Request, server: Bun.Server<undefined>) => Response | Promise<Response> = () =>
    new Response(null, { status: 503 });
  const listener = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: read.config.keepAliveSeconds,
    fetch: (request, server) => answer(request, server),
  });
  const config = withListeningPort(read.config, listener.port!);
  const errors: LoggedLine[] = [];
  const warnings: LoggedLine[] = [];
  const parts = await openParts(config, { clock, hostNow }, collectLines(errors, warnings), connectors);
  const app = createApp(parts);
  answer = app.fetch;
  app.start();
  return {
    url: `http://127.0.0.1:${listener.port}`,
    backend: parts.backend,
    app,
    storage,
    errors,
    warnings,
    createTenant: (slug) => createTenant(app, parts.backend, slug),
    async stop() {
      await app.stop(1_000);
      await listener.stop(true);
      await parts.sandbox.close();
      parts.egress.close();
      await parts.backend.close();
      if (!shared) await storage.remove();
    },
  };
}

interface Time {
  readonly clock: Clock | null;
  readonly hostNow: () => number;
}

async function openParts(config: Config, { clock, hostNow }: Time, log: Log, connectors: ConnectorRegistry) {
  const owner = newId("owner");
  const { dataDir, databaseUrl, maxQueuedRuns, maxRunningPerTenant } = config;
  const backend = await openBackend({
    databaseUrl: databaseUrl ?? "",
    dataDir,
    owner,
    lock: true,
    maxUnfinishedPerTenant: maxQueuedRuns,
    maxRunningPerTenant,
    hostNow,
  });
  return {
    config,
    backend,
    vault: await openVault({ ...config, backend }),
    egress: openEgress(config),
    sandbox: createCodeSandbox({ command: SANDBOX_COMMAND }),
    connectors: { ...registry, ...connectors },
    clock: clock ?? clockBy(backend),
    log,
    owner,
  };
}

/** Names behind a proxy are the proxy's to resolve: a test asks no name server about somebody's API. */
function openEgress({ egressAllow, egressProxy, extraCaCerts }: Config) {
  const unknownHere = async () => {
    throw new Error("ENOTFOUND");
  };
  return createEgress({
    allow: egressAllow,
    ...(egressProxy !== null && { proxyUrl: egressProxy, lookup: unknownHere }),
    ...(extraCaCerts !== null && { extraCaCerts }),
  });
}

const SANDBOX_COMMAND = [process.execPath, join(import.meta.dir, "../src/sandbox.ts")] as const;

async function createTenant({ services }: App, backend: Backend, slug: string): Promise<TestTenant> {
  const tenant = { id: newId("tenant"), slug, createdAt: Date.now() };
  const workspace = { id: newId("ws"), tenantId: tenant.id, slug: "default" };
  const scope = grantScope(tenant.id, workspace.id, { kind: "cli", id: "test" }, COMMAND_LINE_PERMISSIONS);
  const change = { at: tenant.createdAt, action: "tenant.created", target: tenant.id, details: { slug } };
  await backend.tenants.create(tenant, workspace, scope.actor, change);
  return {
    scope,
    async createKey(scopes = ["read", "write"]) {
      return (await services.apiKeys.create(scope, { name: "test", scopes, expiresAt: null })).text;
    },
  };
}

function collectLines(errors: LoggedLine[], warnings: LoggedLine[]): Log {
  const ignore = () => {};
  const collectInto =
    (lines: LoggedLine[]) =>
    (message: string, fields: LogFields = {}) =>
      void lines.push({ message, fields });
  const log: Log = {
    debug: ignore,
    info: ignore,
    warn: collectInto(warnings),
    error: collectInto(errors),
    child: () => log,
  };
  return log;
}
