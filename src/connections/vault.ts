import type { DataKeyStore, StoredDataKey } from "../domain/data-key-store.ts";
import { AppError } from "../domain/errors.ts";
import type { SealedPlace } from "../domain/sealed-value-store.ts";
import { BoundedMap } from "../platform/bounded-map.ts";
import { envelopeKeyId, newKey, openBytes, type SealKey, sealBytes, sealKey } from "../platform/crypto/seal.ts";
import type { KeyRing } from "./key-ring.ts";

/*
 * Envelope encryption: a key-encryption key, which never enters the database, wraps the data-encryption
 * keys of each tenant; a data key seals the tenant's secrets. Changing the key-encryption key means wrapping the data
 * keys anew, not touching a single secret; changing a tenant's data key means adding a generation and sealing anew, row
 * by row, while the earlier generations still open (`rotate-keys.ts`).
 */

/** Where a secret is stored; it opens nowhere else, so a value copied to another row or tenant is refused. */
export interface SealPlace extends SealedPlace {
  readonly tenantId: string;
}

export interface Vault {
  /** The envelope to store at `place`. Makes the tenant's data key when it has none. */
  seal(place: SealPlace, plaintext: string): Promise<string>;
  /**
   * The plaintext of an envelope made for `place`. Rejects with `unavailable`: `encryption_key_missing` when this
   * server was not given the key it needs, `sealed_value_damaged` when the envelope was changed, cut or moved here.
   */
  open(place: SealPlace, envelope: string): Promise<string>;
  /** Another process may have changed the data keys: they are read again. */
  forget(): void;
}

export interface VaultOptions {
  readonly keyRing: KeyRing;
  readonly dataKeys: DataKeyStore;
  /** Milliseconds that only go forward. */
  readonly elapsedMs?: () => number;
}

/** So long after another process has stored a newer data key at most, nothing is sealed with the earlier one any more. */
export const NEWEST_KEY_BELIEVED_MS = 1_000;

/** The newest seals. */
type DataKeys = readonly [SealKey, ...SealKey[]];

/** Tenants whose data keys are held in memory, so that opening costs no query. */
const MAX_CACHED_TENANTS = 1_000;
const MAX_TRIES = 5;

export function createVault({ keyRing, dataKeys, elapsedMs = () => performance.now() }: VaultOptions): Vault {
  // Promises, so that secrets opened at the same time look the keys up once.
  const cached = new BoundedMap<string, { readonly keys: Promise<DataKeys | null>; readonly at: number }>(
    MAX_CACHED_TENANTS,
  );

  function keysOf(tenantId: string): Promise<DataKeys | null> {
    return cached.get(tenantId)?.keys ?? lookUp(tenantId);
  }

  /** Opening finds out by the envelope that there is a newer key; sealing has to look. */
  function keysToSealWith(tenantId: string): Promise<DataKeys | null> {
    const known = cached.get(tenantId);
    return known && elapsedMs() - known.at < NEWEST_KEY_BELIEVED_MS ? known.keys : lookUp(tenantId);
  }

  function lookUp(tenantId: string): Promise<DataKeys | null> {
    const looked = read(tenantId);
    cached.set(tenantId, { keys: looked, at: elapsedMs() });
    // Neither a failure nor "has none yet" is remembered.
    const forget = () => {
      if (cached.get(tenantId)?.keys === looked) cached.delete(tenantId);
    };
    looked.then((keys) => keys ?? forget(), forget);
    return looked;
  }

  async function read(tenantId: string): Promise<DataKeys | null> {
    const stored = await dataKeys.list(tenantId);
    const [newest, ...others] = await Promise.all(stored.toReversed().map((key) => unwrap(keyRing, tenantId, key)));
    return newest ? [newest, ...others] : null;
  }

  async function makeFirst(tenantId: string): Promise<DataKeys> {
    for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
      await addDataKey(tenantId, 1, { keyRing, dataKeys });
      // Another replica may have been first; the key that stands is the tenant's.
      const keys = await lookUp(tenantId);
      if (keys) return keys;
    }
    throw new AppError("unavailable", "The encryption key is being changed just now; try again.");
  }

  return {
    async seal(place, plaintext) {
      const [newest] = (await keysToSealWith(place.tenantId)) ?? (await makeFirst(place.tenantId));
      return sealBytes(newest, Buffer.from(plaintext), aadOf(place));
    },

    async open(place, envelope) {
      const keyId = envelopeKeyId(envelope);
      const among = (keys: DataKeys | null) => keys?.find(({ id }) => id === keyId);
      const key =
        among(await keysOf(place.tenantId)) ?? (keyId === null ? undefined : among(await lookUp(place.tenantId)));
      const opened = key && openBytes(key, envelope, aadOf(place));
      if (!opened?.ok) throw damaged(place);
      return opened.bytes.toString();
    },

    forget: () => cached.clear(),
  };
}

/** Makes a data key and stores it wrapped. False when another process was first, or the wrapping key has just changed. */
export async function addDataKey(
  tenantId: string,
  generation: number,
  { keyRing, dataKeys }: Pick<VaultOptions, "keyRing" | "dataKeys">,
): Promise<boolean> {
  const { key, current } = await keyRing.wrapping();
  const wrapped = sealBytes(key, newKey(), aadOf(dataKeyPlace(tenantId, generation)));
  return dataKeys.add(tenantId, { generation, wrapped }, current);
}

/** The same data key under another key-encryption key. */
export async function rewrapDataKey(
  tenantId: string,
  stored: StoredDataKey,
  to: SealKey,
  keyRing: KeyRing,
): Promise<string> {
  const key = await unwrap(keyRing, tenantId, stored);
  return sealBytes(to, key.secret.export(), aadOf(dataKeyPlace(tenantId, stored.generation)));
}

async function unwrap(keyRing: KeyRing, tenantId: string, { generation, wrapped }: StoredDataKey): Promise<SealKey> {
  const keyId = envelopeKeyId(wrapped);
  const key = keyId === null ? null : await keyRing.find(keyId);
  if (keyId !== null && !key) throw keyMissing(keyId, keyRing.ids());
  const place = dataKeyPlace(tenantId, generation);
  const opened = key && openBytes(key, wrapped, aadOf(place));
  if (!opened?.ok) throw damaged(place);
  return sealKey(opened.bytes);
}

function dataKeyPlace(tenantId: string, generation: number): SealPlace {
  const row = generation === 1 ? tenantId : `${tenantId}/${generation}`;
  return { tenantId, table: "data_keys", row, field: "wrapped" };
}

/** `tenant|table|row|field`. Parts may contain a bar (a header name can), and two places must never read the same. */
function aadOf({ tenantId, table, row, field }: SealPlace): string {
  return [tenantId, table, row, field].map((part) => part.replace(/[%|]/g, encodeURIComponent)).join("|");
}

function keyMissing(neededId: string, givenIds: readonly string[]): AppError {
  return new AppError(
    "unavailable",
    `The stored secrets need the encryption key ${neededId}, but this server was started with ${givenIds.join(", ")}. ` +
      "Start it with the ENCRYPTION_KEY (or the key file in DATA_DIR) that it was set up with.",
    { detailCode: "encryption_key_missing" },
  );
}

function damaged({ table, row, field }: SealPlace): AppError {
  return new AppError(
    "unavailable",
    `The secret in ${table}, row ${row}, field ${field} cannot be opened: it was changed, cut, or moved from another place. ` +
      "Enter it again, or restore it from a backup.",
    { detailCode: "sealed_value_damaged" },
  );
}
