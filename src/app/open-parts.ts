import { registry } from "../../connectors/registry.generated.ts";
import { openBackend } from "../backend/open.ts";
import type { Config } from "../config.ts";
import { openVault } from "../connections/open-vault.ts";
import type { Vault } from "../connections/vault.ts";
import type { ConnectorRegistry } from "../connector-sdk/connector.ts";
import type { Backend } from "../domain/backend.ts";
import type { CodeSandbox } from "../engine/code-sandbox/code-sandbox.ts";
import { createCodeSandbox } from "../engine/code-sandbox/create-code-sandbox.ts";
import { type Clock, clockBy } from "../platform/clock.ts";
import { createEgress, type Egress } from "../platform/egress/create-egress.ts";
import { newId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";

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
    return { config, backend, vault, egress, sandbox, connectors: registry, clock: clockBy(backend), log, owner };
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
