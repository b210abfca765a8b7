import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Backend } from "../domain/backend.ts";
import { AppError } from "../domain/errors.ts";
import { type LoadedKey, loadOrCreateKeyFile } from "../platform/crypto/load-key.ts";
import { sealKey } from "../platform/crypto/seal.ts";
import { createVault, keyCheckValue, type Vault } from "./vault.ts";

export interface VaultSources {
  /** `ENCRYPTION_KEY`; null: the key file in `dataDir`. */
  readonly encryptionKey: Uint8Array | null;
  readonly dataDir: string;
  readonly backend: Pick<Backend, "settings" | "dataKeys">;
}

/** `unused`: no secret was stored yet, so any key will do. A `message` is one line that says what to do. */
export type KeyVerdict = { readonly kind: "unused" | "fits" } | { readonly kind: "unusable"; readonly message: string };

const KEY_FILE = "encryption.key";
/** The setting that tells another key at once, before it has sealed anything that the right one cannot open. */
const KEY_CHECK = "encryption_key_check";

/**
 * The vault over the installation's key, which is made at the first start when none was given. Rejects with
 * `unavailable` when there is no usable key, or another than the one that everything was sealed with.
 */
export async function openVault(sources: VaultSources): Promise<Vault> {
  const { settings, dataKeys } = sources.backend;
  const verdict = await checkKey(sources);
  if (verdict.kind === "unusable") throw new AppError("unavailable", verdict.message);
  const loaded = await loadKey(sources);
  if (!loaded.ok) throw new AppError("unavailable", loaded.message);
  const key = sealKey(loaded.key);
  if (verdict.kind === "unused") await settings.set(KEY_CHECK, keyCheckValue(key));
  return createVault({ keyEncryptionKeys: [key], dataKeys });
}

/** Whether the installation's key is there and the right one. Changes nothing: it makes no key. */
export async function checkKey(sources: VaultSources): Promise<KeyVerdict> {
  const stored = await sources.backend.settings.get(KEY_CHECK);
  const file = keyFile(sources);
  if (sources.encryptionKey === null && !existsSync(file)) {
    if (stored === null) return { kind: "unused" };
    // A new key would not open what the lost one has sealed.
    return unusable(`The key file ${file} is missing. Put it back, or give its content as ENCRYPTION_KEY.`);
  }
  const loaded = await loadKey(sources);
  if (!loaded.ok) return unusable(loaded.message);
  if (stored === null) return { kind: "unused" };
  if (stored === keyCheckValue(sealKey(loaded.key))) return { kind: "fits" };
  const source = sources.encryptionKey === null ? `The key in ${file}` : "ENCRYPTION_KEY";
  return unusable(`${source} is not the one that the stored secrets were sealed with. Give that one.`);
}

async function loadKey(sources: VaultSources): Promise<LoadedKey> {
  if (sources.encryptionKey !== null) return { ok: true, key: sources.encryptionKey };
  return loadOrCreateKeyFile(keyFile(sources));
}

function keyFile({ dataDir }: Pick<VaultSources, "dataDir">): string {
  return join(dataDir, KEY_FILE);
}

function unusable(message: string): KeyVerdict {
  return { kind: "unusable", message };
}
