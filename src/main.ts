import "./platform/prepare-process.ts";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import type { App, AppParts } from "./app.ts";
import type {
  CommandContext,
  CommandServices,
  KeyVerdict,
  RunningServer,
  StorageTools,
} from "./cli/command-context.ts";
import { runCommandLine } from "./cli/run-command-line.ts";
import { type Config, readConfig, settings, withListeningPort } from "./config.ts";
import type { Vault } from "./connections/vault.ts";
import type { Backend } from "./domain/backend.ts";
import { AppError } from "./domain/errors.ts";
import type { Egress } from "./platform/egress/create-egress.ts";
import type { Log } from "./platform/log.ts";
import { provideEgress } from "./platform/prepare-process.ts";

/*
 * The process: what was typed goes to a command, and the command gets from here what it may use. Everything heavy is
 * imported when a command asks for it, which is what lets the server answer within tens of milliseconds.
 */

/** Where the files of a compiled binary appear to be. */
const isBinary = import.meta.dir.startsWith("/$bunfs");
/** How this very program is started again. */
const ownCommand = isBinary ? [process.execPath] : [process.execPath, import.meta.path];
/** Under this name a command would hold runs; it holds none. */
const CLI_OWNER = "cli";
/** Not for people: the process that runs the code of code steps. */
const SANDBOX_WORD = "code-sandbox";

if (process.argv[2] === SANDBOX_WORD) await import("./sandbox.ts");
else process.exit(await runCommandLine(process.argv.slice(2), createContext()));

function createContext(): CommandContext {
  const configuration = readConfig();
  const requireConfig = (): Config => {
    if (!configuration.ok) throw new AppError("invalid", configuration.message);
    return configuration.config;
  };
  return {
    programName: isBinary ? nameOfBinary() : `npx -y bun@${Bun.version} src/main.ts`,
    sourceFolder: isBinary ? null : join(import.meta.dir, ".."),
    version: async () => (await import("../package.json")).default.version,
    settings: Object.values(settings),
    readConfig: () => configuration,
    suggest: async (name, candidates) =>
      (await import("./engine/expressions/nearest-name.ts")).nearestName(name, candidates),
    print: lineWriter(Bun.stdout),
    tell: lineWriter(Bun.stderr),
    readInput,
    startServer: ({ port, log }) => startServer(withListeningPort(requireConfig(), port), log),
    openServices: () => openServices(requireConfig()),
    loadConnectors,
    loadStorage,
    checkEncryptionKey: () => checkEncryptionKey(requireConfig()),
  };
}

function nameOfBinary(): string {
  const name = basename(process.execPath);
  return Bun.which(name) === process.execPath ? name : process.execPath;
}

// Output and input -------------------------------------------------------------------------------------------------

/** Writes lines as they come. Not process.stdout: setting that up takes longer than all else that a small command does. */
function lineWriter(file: Bun.BunFile): (line: string) => Promise<void> {
  let sink: Bun.FileSink | null = null;
  return async (line) => {
    sink ??= file.writer();
    sink.write(`${line}\n`);
    await sink.flush();
  };
}

async function readInput(file: string): Promise<Uint8Array> {
  try {
    return await (file === "-" ? Bun.stdin : Bun.file(file)).bytes();
  } catch (cause) {
    throw new AppError("not_found", `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

// The server -------------------------------------------------------------------------------------------------------

async function startServer(config: Config, log: Log): Promise<RunningServer> {
  const { newId } = await import("./platform/ids.ts");
  const owner = newId("srv");
  const backend = await openStore(config, { owner, lock: true });
  const parts = await openParts(config, { backend, vault: await openVault(config, backend), owner, log });
  const app = await createApp(parts);
  app.start();
  return {
    fetch: app.fetch,
    hasTenant: async () => (await backend.tenants.list()).length > 0,
    stop: (graceMs) => app.stop(graceMs),
    close: () => closeParts(parts),
  };
}

// What commands work with ------------------------------------------------------------------------------------------

/** The same product without its engine running; the key is asked for only by what seals or opens a secret. */
async function openServices(config: Config): Promise<CommandServices> {
  const [{ createLog }, { verifyChains }, { exportAudit }] = await Promise.all([
    import("./platform/log.ts"),
    import("./audit/verify-chains.ts"),
    import("./audit/export-audit.ts"),
  ]);
  const backend = await openStore(config, { owner: CLI_OWNER, lock: false });
  const vault = openWhenUsed(() => openVault(config, backend));
  const log = createLog(config.logLevel);
  const parts = await openParts(config, { backend, vault, owner: CLI_OWNER, log });
  const { workflows, apiKeys } = (await createApp(parts)).services;
  return {
    backend,
    workflows,
    apiKeys,
    audit: {
      verifyChains: (tenants) => verifyChains(backend.audit, tenants),
      exportEntries: (scope) => exportAudit(backend.audit, scope),
    },
    close: () => closeParts(parts),
  };
}

// Parts ------------------------------------------------------------------------------------------------------------

async function createApp(parts: AppParts): Promise<App> {
  return (await import("./app.ts")).createApp(parts);
}

async function openStore(
  config: Config,
  opening: { readonly owner: string; readonly lock: boolean },
): Promise<Backend> {
  const { openBackend } = await import("./backend/open.ts");
  return openBackend({
    databaseUrl: config.databaseUrl ?? "",
    dataDir: config.dataDir,
    maxUnfinishedPerTenant: config.maxQueuedRuns,
    ...opening,
  });
}

async function openParts(
  config: Config,
  given: Pick<AppParts, "backend" | "vault" | "owner" | "log">,
): Promise<AppParts> {
  const [egress, connectors, { createCodeSandbox }, { systemClock }] = await Promise.all([
    openEgress(config),
    loadConnectors(),
    import("./engine/code-sandbox/create-code-sandbox.ts"),
    import("./platform/clock.ts"),
  ]);
  provideEgress(async () => egress);
  const sandbox = createCodeSandbox({ command: [...ownCommand, SANDBOX_WORD] });
  return { ...given, config, egress, connectors, sandbox, clock: systemClock };
}

async function closeParts({ sandbox, egress, backend }: AppParts): Promise<void> {
  await sandbox.close();
  egress.close();
  await backend.close();
}

async function openEgress({ egressAllow, egressProxy, extraCaCerts }: Config): Promise<Egress> {
  const { createEgress } = await import("./platform/egress/create-egress.ts");
  return createEgress({
    allow: egressAllow,
    ...(egressProxy === null ? {} : { proxyUrl: egressProxy }),
    ...(extraCaCerts === null ? {} : { extraCaCerts }),
  });
}

async function loadConnectors() {
  return (await import("../connectors/registry.generated.ts")).registry;
}

async function loadStorage(): Promise<StorageTools> {
  const [{ backupTo, verifyBackup }, { DATABASE_FILE }, { lockDataDir }, { migrationState }, { Database }] =
    await Promise.all([
      import("./backend/sqlite/backup.ts"),
      import("./backend/sqlite/open-sqlite.ts"),
      import("./backend/sqlite/lock-data-dir.ts"),
      import("./backend/sqlite/migrate-database.ts"),
      import("bun:sqlite"),
    ]);
  const databaseFile = (dataDir: string) => join(dataDir, DATABASE_FILE);
  return {
    databaseFile,
    lockDataDir,
    backupTo,
    verifyBackup,
    migrationState(dataDir) {
      if (!existsSync(databaseFile(dataDir))) return "missing";
      using database = new Database(databaseFile(dataDir), { readonly: true });
      return migrationState(database);
    },
    foldLog(dataDir) {
      const file = databaseFile(dataDir);
      new Database(file).run("PRAGMA wal_checkpoint(TRUNCATE)");
      return !existsSync(`${file}-wal`);
    },
  };
}

// The encryption key -----------------------------------------------------------------------------------------------

async function openVault(config: Config, backend: Backend): Promise<Vault> {
  return (await import("./connections/open-vault.ts")).openVault({ ...config, backend });
}

function openWhenUsed(open: () => Promise<Vault>): Vault {
  let opened: Promise<Vault> | null = null;
  const vault = () => {
    opened ??= open();
    return opened;
  };
  return {
    seal: async (place, text) => (await vault()).seal(place, text),
    open: async (place, envelope) => (await vault()).open(place, envelope),
  };
}

/** Opening a database that is not up to date would bring it up to date; a check changes nothing. */
async function checkEncryptionKey(config: Config): Promise<KeyVerdict> {
  if (config.databaseUrl === null) {
    const state = (await loadStorage()).migrationState(config.dataDir);
    if (state === "missing") return { kind: "unused" };
    if (state !== "current") return { kind: "unchecked" };
  }
  const backend = await openStore(config, { owner: CLI_OWNER, lock: false });
  try {
    return await (await import("./connections/open-vault.ts")).checkKey({ ...config, backend });
  } finally {
    await backend.close();
  }
}
