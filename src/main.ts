import "./platform/bound-heap.ts";
import "./platform/prepare-process.ts";
import { basename, join, relative } from "node:path";
import type { AppParts } from "./app/open-parts.ts";
import type {
  CommandContext,
  CommandServices,
  DatabaseVerdict,
  KeyVerdict,
  RunningServer,
  StorageTools,
} from "./cli/command-context.ts";
import { runCommandLine } from "./cli/run-command-line.ts";
import { type Config, readConfig, settings, withListeningPort } from "./config.ts";
import type { KeyRotation } from "./connections/rotate-keys.ts";
import { AppError } from "./domain/errors.ts";
import { compileViewsBySource } from "./platform/compile-views.ts";
import type { Log } from "./platform/log.ts";
import { provideEgress } from "./platform/prepare-process.ts";

/*
 * The process: what was typed goes to a command, and the command gets from here what it may use. Everything heavy is
 * imported when a command asks for it, which is what lets the server answer within tens of milliseconds.
 */

/** Where the files of a compiled binary appear to be. */
const isBinary = import.meta.dir.startsWith("/$bunfs");
const sourceFolder = isBinary ? null : join(import.meta.dir, "..");
/** Not for people: this very program as the process that runs the code of code steps. */
const SANDBOX_WORD = "code-sandbox";
const sandboxCommand = [process.execPath, ...(isBinary ? [] : [import.meta.path]), SANDBOX_WORD] as const;

if (sourceFolder !== null) compileViewsBySource(sourceFolder);
if (process.argv[2] === SANDBOX_WORD) await import("./sandbox.ts");
else process.exit(await runCommandLine(process.argv.slice(2), createContext()));

function createContext(): CommandContext {
  const configuration = readConfig();
  const requireConfig = (): Config => {
    if (!configuration.ok) throw new AppError("invalid", configuration.message);
    return configuration.config;
  };
  return {
    programName: isBinary ? nameOfBinary() : `npx -y bun@${Bun.version} ${pathOfSource()}`,
    sourceFolder,
    version: async () => (await import("../package.json")).default.version,
    settings: Object.values(settings),
    readConfig: () => configuration,
    suggest: async (name, candidates) => (await import("./platform/nearest-name.ts")).nearestName(name, candidates),
    print: lineWriter(Bun.stdout),
    tell: lineWriter(Bun.stderr),
    readInput,
    startServer: ({ port, log }) => startServer(withListeningPort(requireConfig(), port), log),
    openServices: () => openServices(requireConfig()),
    loadConnectors,
    loadStorage,
    moveToPostgres: (moved) => moveToPostgres(requireConfig(), moved),
    examineDatabase: () => examineDatabase(requireConfig()),
    checkEncryptionKey: () => checkEncryptionKey(requireConfig()),
  };
}

function nameOfBinary(): string {
  const name = basename(process.execPath);
  return Bun.which(name) === process.execPath ? name : process.execPath;
}

function pathOfSource(): string {
  const path = relative("", import.meta.path);
  return path.startsWith("..") ? import.meta.path : path;
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

// The product ------------------------------------------------------------------------------------------------------

async function startServer(config: Config, log: Log): Promise<RunningServer> {
  const [{ createApp }, { openParts, closeParts }] = await Promise.all([
    import("./app.ts"),
    import("./app/open-parts.ts"),
  ]);
  const parts = await openParts({ config, log, sandboxCommand, lock: true });
  provideEgress(async () => parts.egress);
  const app = createApp(parts);
  app.start();
  return {
    fetch: app.fetch,
    async setupLink() {
      const token = await app.services.accounts.setup.issue();
      return token === null ? null : `${app.services.publicUrl}/setup/${token}`;
    },
    stop: (graceMs) => app.stop(graceMs),
    close: () => closeParts(parts),
  };
}

/** The same product without a running engine, beside a server if there is one. */
async function openServices(config: Config): Promise<CommandServices> {
  const [{ createApp }, { openParts, closeParts }, { createLog }, { verifyChains }, { exportAudit }] =
    await Promise.all([
      import("./app.ts"),
      import("./app/open-parts.ts"),
      import("./platform/log.ts"),
      import("./audit/verify-chains.ts"),
      import("./audit/export-audit.ts"),
    ]);
  const parts = await openParts({ config, log: createLog(config.logLevel), sandboxCommand, lock: false });
  const { backend } = parts;
  const { workflows, apiKeys, accounts } = createApp(parts).services;
  return {
    backend,
    workflows,
    apiKeys,
    users: { create: accounts.createUser, resetLink: accounts.members.resetLinkFor },
    keys: {
      status: () => withKeyRotation(parts, (keys) => keys.status()),
      rotateKeyEncryptionKey: () => withKeyRotation(parts, (keys) => keys.rotateKeyEncryptionKey()),
      rotateDataKeys: () => withKeyRotation(parts, (keys) => keys.rotateDataKeys()),
    },
    audit: {
      verifyChains: (tenants) => verifyChains(backend.audit, tenants),
      exportEntries: (scope) => exportAudit(backend.audit, scope),
    },
    close: () => closeParts(parts),
  };
}

/** Alone, where the keys lie in a file: of two processes that each write a new key, one would forget the other's. */
async function withKeyRotation<T>(
  { backend, config: { encryptionKeys, dataDir } }: AppParts,
  use: (rotation: KeyRotation) => Promise<T>,
): Promise<T> {
  const [{ openKeyRing, keyFile }, { createVault }, { createKeyRotation }, file, { lockKeyFile }] = await Promise.all([
    import("./connections/open-vault.ts"),
    import("./connections/vault.ts"),
    import("./connections/rotate-keys.ts"),
    import("./platform/crypto/load-key.ts"),
    import("./backend/sqlite/lock-data-dir.ts"),
  ]);
  const unlock = encryptionKeys === null ? lockKeyFile(dataDir) : () => {};
  try {
    const keyRing = await openKeyRing({ encryptionKeys, dataDir, backend });
    const path = keyFile(dataDir);
    return await use(
      createKeyRotation({
        backend,
        keyRing,
        vault: createVault({ keyRing, dataKeys: backend.dataKeys }),
        givenKeys: encryptionKeys ?? [],
        sleep: (ms) => Bun.sleep(ms),
        keyFile:
          encryptionKeys === null
            ? {
                async read() {
                  const loaded = await file.loadOrCreateKeyFile(path);
                  if (!loaded.ok) throw new AppError("unavailable", loaded.message);
                  return loaded.keys;
                },
                replace: (keys) => file.replaceKeyFile(path, keys),
              }
            : null,
      }),
    );
  } finally {
    unlock();
  }
}

async function loadConnectors() {
  return (await import("../connectors/registry.generated.ts")).registry;
}

async function loadStorage(): Promise<StorageTools> {
  const [{ backupTo, verifyBackup }, { DATABASE_FILE }, { lockDataDir }, { foldLog }] = await Promise.all([
    import("./backend/sqlite/backup.ts"),
    import("./backend/sqlite/open-sqlite.ts"),
    import("./backend/sqlite/lock-data-dir.ts"),
    import("./backend/sqlite/fold-log.ts"),
  ]);
  const databaseFile = (dataDir: string) => join(dataDir, DATABASE_FILE);
  return { databaseFile, lockDataDir, backupTo, verifyBackup, foldLog };
}

async function moveToPostgres(
  { dataDir, databaseUrl, encryptionKeys }: Config,
  moved: Parameters<CommandContext["moveToPostgres"]>[0],
) {
  const [{ moveInstallation }, { checkKey, keyFile }] = await Promise.all([
    import("./backend/move-installation.ts"),
    import("./connections/open-vault.ts"),
  ]);
  return moveInstallation({
    dataDir,
    databaseUrl: databaseUrl ?? "",
    moved,
    async checkKey(backend) {
      const verdict = await checkKey({ encryptionKeys, dataDir, backend });
      if (verdict.kind !== "unusable") return;
      throw new AppError("unavailable", `${verdict.message} It stands in ${keyFile(dataDir)}, if it was made there.`);
    },
  });
}

async function examineDatabase({ databaseUrl, dataDir }: Config): Promise<DatabaseVerdict> {
  const { examineBackend } = await import("./backend/examine.ts");
  try {
    return await examineBackend({ databaseUrl: databaseUrl ?? "", dataDir });
  } catch (error) {
    if (error instanceof AppError) return { state: "unreachable", message: error.message };
    throw error;
  }
}

/** Opening a database that is not up to date would bring it up to date; a check changes nothing. */
async function checkEncryptionKey(config: Config): Promise<KeyVerdict> {
  const { state } = await examineDatabase(config);
  if (state === "empty") return { kind: "unused" };
  if (state !== "current") return { kind: "unchecked" };
  const [{ openBackend }, { checkKey }] = await Promise.all([
    import("./backend/open.ts"),
    import("./connections/open-vault.ts"),
  ]);
  const { databaseUrl, dataDir, encryptionKeys } = config;
  const backend = await openBackend({ databaseUrl: databaseUrl ?? "", dataDir, owner: "cli", lock: false });
  try {
    return await checkKey({ encryptionKeys, dataDir, backend });
  } finally {
    await backend.close();
  }
}
