import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Backend } from "../domain/backend.ts";
import { AppError } from "../domain/errors.ts";
import { type LoadedKeys, loadOrCreateKeyFile } from "../platform/crypto/load-key.ts";
import { sealKey } from "../platform/crypto/seal.ts";
import { createKeyRing, KEY_CHECK, KEY_CHECK_BEFORE, type KeyRing, keyCheckValue } from "./key-ring.ts";
import { createVault, type Vault } from "./vault.ts";

export interface VaultSources {
  /** `ENCRYPTION_KEY`, the newest first; null: the key file in `dataDir`. */
  readonly encryptionKeys: readonly Uint8Array[] | null;
  readonly dataDir: string;
  readonly backend: Pick<Backend, "settings" | "dataKeys">;
}

/** `unused`: no secret was stored yet, so any key will do. A `message` is one line that says what to do. */
export type KeyVerdict = { readonly kind: "unused" | "fits" } | { readonly kind: "unusable"; readonly message: string };

const KEY_FILE = "encryption.key";

/**
 * The vault over the installation's key, which is made at the first start when none was given. Rejects with
 * `unavailable` when there is no usable key, or another than the one that everything was sealed with.
 */
export async function openVault(sources: VaultSources): Promise<Vault> {
  return createVault({ keyRing: await openKeyRing(sources), dataKeys: sources.backend.dataKeys });
}

/** Rejects like `openVault`. */
export async function openKeyRing(sources: VaultSources): Promise<KeyRing> {
  const { settings } = sources.backend;
  const verdict = await checkKey(sources);
  if (verdict.kind === "unusable") throw new AppError("unavailable", verdict.message);
  const loaded = await loadKeys(sources);
  if (!loaded.ok) throw new AppError("unavailable", loaded.message);
  const [newest] = loaded.keys;
  if (verdict.kind === "unused" && newest) await settings.set(KEY_CHECK, keyCheckValue(sealKey(newest)));
  return createKeyRing({
    keys: loaded.keys,
    async reload() {
      const again = await loadKeys(sources);
      return again.ok ? again.keys : [];
    },
    currentCheck: () => settings.get(KEY_CHECK),
  });
}

/** Whether the installation's keys are there and the right ones. Changes nothing: it makes no key. */
export async function checkKey(sources: VaultSources): Promise<KeyVerdict> {
  const { settings } = sources.backend;
  const stored = await settings.get(KEY_CHECK);
  const file = keyFile(sources.dataDir);
  if (sources.encryptionKeys === null && !existsSync(file)) {
    if (stored === null) return { kind: "unused" };
    // A new key would not open what the lost one has sealed.
    return unusable(`The key file ${file} is missing. Put it back, or give its content as ENCRYPTION_KEY.`);
  }
  const loaded = await loadKeys(sources);
  if (!loaded.ok) return unusable(loaded.message);
  if (stored === null) return { kind: "unused" };
  const given = loaded.keys.map((key) => keyCheckValue(sealKey(key)));
  const source = sources.encryptionKeys === null ? `The key in ${file}` : "ENCRYPTION_KEY";
  if (!given.includes(stored))
    return unusable(`${source} is not the one that the stored secrets were sealed with. Give that one.`);
  const before = await settings.get(KEY_CHECK_BEFORE);
  if (before && !given.includes(before)) {
    const message = `${source} lacks the key from before: a change of the key is not finished. Give both, the new one first, and run \`integrationsync key rotate\` again.`;
    return unusable(message);
  }
  return { kind: "fits" };
}

async function loadKeys(
  sources: VaultSources,
): Promise<Extract<LoadedKeys, { ok: false }> | { readonly ok: true; readonly keys: readonly Uint8Array[] }> {
  if (sources.encryptionKeys !== null) return { ok: true, keys: sources.encryptionKeys };
  return loadOrCreateKeyFile(keyFile(sources.dataDir));
}

export function keyFile(dataDir: string): string {
  return join(dataDir, KEY_FILE);
}

function unusable(message: string): KeyVerdict {
  return { kind: "unusable", message };
}
