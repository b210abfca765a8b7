import type { WrappingKey } from "../domain/data-key-store.ts";
import { AppError } from "../domain/errors.ts";
import { hmacSha256 } from "../platform/crypto/digest.ts";
import { type SealKey, sealKey } from "../platform/crypto/seal.ts";

/*
 * The key-encryption keys this process knows. There is one; while it is being changed there are two, and the
 * installation's settings say which of them wraps new data keys. So replicas that have been given the new key already,
 * and those that have not, agree on it.
 */

/** The setting that holds the check value of the key that wraps. */
export const KEY_CHECK = "encryption_key_check";
/** The setting that names, while the key is being changed, the check value of the key that is given up; else empty. */
export const KEY_CHECK_BEFORE = "encryption_key_check_before";

export interface KeyRing {
  /** Null when this process was not given it. */
  find(keyId: string): Promise<SealKey | null>;
  /** The key to wrap with, and what must still be so when the wrapped key is stored. Rejects with `unavailable`. */
  wrapping(): Promise<{ readonly key: SealKey; readonly current: WrappingKey }>;
  /** For messages. */
  ids(): readonly string[];
}

export interface KeyRingSources {
  /** What the ring has at first, the newest key first. */
  readonly keys: readonly Uint8Array[];
  /** Reads the keys again: a key file may have got a new one while the server runs. */
  readonly reload: () => Promise<readonly Uint8Array[]>;
  /** The stored check value of the key that wraps. */
  readonly currentCheck: () => Promise<string | null>;
}

export function createKeyRing({ keys, reload, currentCheck }: KeyRingSources): KeyRing {
  // A key once known stays known: what it has wrapped may still be asked for.
  const known = new Map<string, SealKey>();
  const add = (more: readonly Uint8Array[]) => {
    for (const key of more.map(sealKey)) known.set(key.id, key);
  };
  add(keys);

  async function search(matches: (key: SealKey) => boolean): Promise<SealKey | null> {
    const find = () => [...known.values()].find(matches);
    const found = find();
    if (found) return found;
    add(await reload());
    return find() ?? null;
  }

  return {
    find: (keyId) => search(({ id }) => id === keyId),
    async wrapping() {
      const value = await currentCheck();
      const key = value === null ? null : await search((each) => keyCheckValue(each) === value);
      if (value === null || !key) throw notGiven();
      return { key, current: { setting: KEY_CHECK, value } };
    },
    ids: () => [...known.keys()],
  };
}

/**
 * A value to store beside the data, by which a server that is started with another key notices at once. It does not
 * help to find the key.
 */
export function keyCheckValue(keyEncryptionKey: SealKey): string {
  return hmacSha256(keyEncryptionKey.secret, "integrationsync key check v1").toString("hex");
}

function notGiven(): AppError {
  return new AppError(
    "unavailable",
    "The encryption key was changed, and this server was not given the new one. Restart it with the new ENCRYPTION_KEY.",
    { detailCode: "encryption_key_missing" },
  );
}
