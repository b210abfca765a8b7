import type { DataKeyStore } from "../domain/backend.ts";
import { AppError } from "../domain/errors.ts";
import { BoundedMap } from "../platform/bounded-map.ts";
import { hmacSha256 } from "../platform/crypto/digest.ts";
import { envelopeKeyId, newKey, openBytes, type SealKey, sealBytes, sealKey } from "../platform/crypto/seal.ts";

/*
 * Envelope encryption (DESIGN §5): a key-encryption key, which never enters the database, wraps one data-encryption
 * key per tenant; the data key seals the tenant's secrets. Changing the key-encryption key means wrapping the data
 * keys anew, not touching a single secret.
 */

/** Where a secret is stored; it opens nowhere else, so a value copied to another row or tenant is refused. */
export interface SealPlace {
  readonly tenantId: string;
  readonly table: string;
  readonly row: string;
  readonly field: string;
}

export interface Vault {
  /** The envelope to store at `place`. Makes the tenant's data key when it has none. */
  seal(place: SealPlace, plaintext: string): Promise<string>;
  /**
   * The plaintext of an envelope made for `place`. Rejects with `unavailable`: `encryption_key_missing` when this
   * server was not given the key it needs, `sealed_value_damaged` when the envelope was changed, cut or moved here.
   */
  open(place: SealPlace, envelope: string): Promise<string>;
}

export interface VaultOptions {
  /** The first one wraps new data keys, all of them unwrap stored ones. */
  readonly keyEncryptionKeys: readonly [SealKey, ...SealKey[]];
  readonly dataKeys: DataKeyStore;
}

/** Tenants whose data key is held in memory, so that opening costs no query. */
const MAX_CACHED_KEYS = 1_000;

export function createVault({ keyEncryptionKeys, dataKeys }: VaultOptions): Vault {
  const [wrappingKey] = keyEncryptionKeys;
  // Promises, so that secrets opened at the same time look the key up once.
  const cached = new BoundedMap<string, Promise<SealKey | null>>(MAX_CACHED_KEYS);

  function cache(tenantId: string, looked: Promise<SealKey | null>): Promise<SealKey | null> {
    cached.set(tenantId, looked);
    // Neither a failure nor "has none yet" is remembered.
    const forget = () => {
      if (cached.get(tenantId) === looked) cached.delete(tenantId);
    };
    looked.then((key) => key ?? forget(), forget);
    return looked;
  }

  function findDataKey(tenantId: string): Promise<SealKey | null> {
    return cached.get(tenantId) ?? cache(tenantId, lookUp(tenantId));
  }

  async function lookUp(tenantId: string): Promise<SealKey | null> {
    const wrapped = await dataKeys.find(tenantId);
    return wrapped === null ? null : unwrap(tenantId, wrapped);
  }

  async function makeDataKey(tenantId: string): Promise<SealKey> {
    const wrapped = sealBytes(wrappingKey, newKey(), aadOf(dataKeyPlace(tenantId)));
    // Another replica may have been first; the key that stands is the tenant's.
    const made = dataKeys.create(tenantId, wrapped).then((standing) => unwrap(tenantId, standing));
    await cache(tenantId, made);
    return made;
  }

  function unwrap(tenantId: string, wrapped: string): SealKey {
    const keyId = envelopeKeyId(wrapped);
    const key = keyEncryptionKeys.find(({ id }) => id === keyId);
    if (keyId !== null && !key) throw keyMissing(keyId, wrappingKey.id);
    const place = dataKeyPlace(tenantId);
    const opened = key && openBytes(key, wrapped, aadOf(place));
    if (!opened?.ok) throw damaged(place);
    return sealKey(opened.bytes);
  }

  return {
    async seal(place, plaintext) {
      const key = (await findDataKey(place.tenantId)) ?? (await makeDataKey(place.tenantId));
      return sealBytes(key, Buffer.from(plaintext), aadOf(place));
    },

    async open(place, envelope) {
      const key = await findDataKey(place.tenantId);
      const opened = key && openBytes(key, envelope, aadOf(place));
      if (!opened?.ok) throw damaged(place);
      return opened.bytes.toString();
    },
  };
}

/**
 * A value to store beside the data, by which a server that is started with another key notices at once. It does not
 * help to find the key.
 */
export function keyCheckValue(keyEncryptionKey: SealKey): string {
  return hmacSha256(keyEncryptionKey.secret, "integrationsync key check v1").toString("hex");
}

function dataKeyPlace(tenantId: string): SealPlace {
  return { tenantId, table: "data_keys", row: tenantId, field: "wrapped" };
}

/** `tenant|table|row|field`. Parts may contain a bar (a header name can), and two places must never read the same. */
function aadOf({ tenantId, table, row, field }: SealPlace): string {
  return [tenantId, table, row, field].map((part) => part.replace(/[%|]/g, encodeURIComponent)).join("|");
}

function keyMissing(neededId: string, givenId: string): AppError {
  return new AppError(
    "unavailable",
    `The stored secrets need the encryption key ${neededId}, but this server was started with ${givenId}. ` +
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
