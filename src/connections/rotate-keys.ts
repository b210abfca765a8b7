import type { Backend } from "../domain/backend.ts";
import { AppError } from "../domain/errors.ts";
import { envelopeKeyId, newKey, type SealKey, sealKey } from "../platform/crypto/seal.ts";
import { KEY_CHECK, KEY_CHECK_BEFORE, type KeyRing, keyCheckValue } from "./key-ring.ts";
import { addDataKey, NEWEST_KEY_BELIEVED_MS, rewrapDataKey, type Vault } from "./vault.ts";

/*
 * Changing keys while servers run.
 *
 *   the key-encryption key                               a tenant's data key
 *   1. the new key is where every server can read it     1. a further generation is stored, wrapped
 *   2. the settings name both: new data keys take it     2. servers seal with it from a second later on
 *   3. every data key is wrapped anew, one by one        3. every stored secret is sealed anew, page by page
 *   4. the settings and the key file forget the old one  4. the earlier generations stay, for inputs of stored runs
 *
 * Each step is a commit of its own that leaves everything readable with what is there before and after it, so it does
 * not matter where the process dies: running the command again goes on.
 */

export interface RotateKeysDeps {
  readonly backend: Pick<Backend, "tenants" | "settings" | "dataKeys" | "sealedValues">;
  readonly keyRing: KeyRing;
  readonly vault: Vault;
  /** The key file, under a lock that keeps a second rotation out; null when the keys come from the environment. */
  readonly keyFile: {
    read(): Promise<readonly Uint8Array[]>;
    replace(keys: readonly Uint8Array[]): Promise<void>;
  } | null;
  /** The keys in the environment, the newest first; empty with a key file. */
  readonly givenKeys: readonly Uint8Array[];
  readonly sleep: (ms: number) => Promise<void>;
}

export interface KeyStatus {
  /** Id of the key-encryption key that wraps new data keys. */
  readonly current: string;
  /** Ids of the keys this process was given. */
  readonly known: readonly string[];
  /** True from the start of a change of the key until it is finished. */
  readonly isRotating: boolean;
  /** How many data keys each key-encryption key wraps. */
  readonly wrappedBy: Readonly<Record<string, number>>;
  /** How many stored secrets are sealed with the newest data key of their tenant, and with an earlier one. */
  readonly secrets: { readonly newest: number; readonly earlier: number };
}

const PAGE = 200;

export function createKeyRotation(deps: RotateKeysDeps) {
  const { backend, keyRing, vault, keyFile } = deps;
  const { settings, dataKeys, sealedValues } = backend;

  async function status(): Promise<KeyStatus> {
    const wrappedBy: Record<string, number> = {};
    const secrets = { newest: 0, earlier: 0 };
    for (const { id } of await backend.tenants.list()) {
      const keys = await dataKeys.list(id);
      for (const { wrapped } of keys) {
        const by = envelopeKeyId(wrapped) ?? "unreadable";
        wrappedBy[by] = (wrappedBy[by] ?? 0) + 1;
      }
      const newest = await newestKeyId(id);
      for await (const { envelope } of everySecret(id))
        secrets[envelopeKeyId(envelope) === newest ? "newest" : "earlier"] += 1;
    }
    const { key } = await keyRing.wrapping();
    const isRotating = Boolean(await settings.get(KEY_CHECK_BEFORE));
    return { current: key.id, known: keyRing.ids(), isRotating, wrappedBy, secrets };
  }

  /** Gives the ids before and after. Rejects with `conflict` when there is no new key to change to. */
  async function rotateKeyEncryptionKey(): Promise<{ readonly from: string; readonly to: string; rewrapped: number }> {
    const before = (await keyRing.wrapping()).key;
    const to = keyFile ? await newKeyInFile(keyFile, before) : givenKey(before, await isUnfinished());
    const from = to.id === before.id ? await keyBefore() : before;
    // Both settings stand before anything is wrapped with the new key: a server that has only one of the keys says so.
    await settings.set(KEY_CHECK_BEFORE, keyCheckValue(from));
    await settings.set(KEY_CHECK, keyCheckValue(to));
    const rewrapped = await rewrapAll(to);
    await settings.set(KEY_CHECK_BEFORE, "");
    await keyFile?.replace([to.secret.export()]);
    return { from: from.id, to: to.id, rewrapped };
  }

  /** An unfinished change goes on with the key that was made for it. */
  async function newKeyInFile(file: NonNullable<RotateKeysDeps["keyFile"]>, current: SealKey): Promise<SealKey> {
    const keys = await file.read();
    const [newest] = keys;
    if (newest && (keys.length > 1 || (await isUnfinished()))) return found(sealKey(newest).id);
    const made = newKey();
    await file.replace([made, ...keys]);
    const key = await found(sealKey(made).id);
    if (key.id === current.id) throw new Error("a new key cannot be the current one");
    return key;
  }

  function givenKey(current: SealKey, unfinished: boolean): SealKey {
    const newest = deps.givenKeys[0] && sealKey(deps.givenKeys[0]);
    if (newest && (newest.id !== current.id || unfinished)) return newest;
    throw new AppError(
      "conflict",
      "There is no new key to change to. Make one with `openssl rand -base64 32`, give every server " +
        'ENCRYPTION_KEY="<new>,<old>" and restart it, then run this command with the same ENCRYPTION_KEY.',
    );
  }

  async function isUnfinished(): Promise<boolean> {
    return Boolean(await settings.get(KEY_CHECK_BEFORE));
  }

  async function keyBefore(): Promise<SealKey> {
    const check = await settings.get(KEY_CHECK_BEFORE);
    for (const id of keyRing.ids()) {
      const key = await keyRing.find(id);
      if (key && keyCheckValue(key) === check) return key;
    }
    // The last step was interrupted: all is wrapped anew, and only the file still holds the old key.
    return (await keyRing.wrapping()).key;
  }

  async function found(id: string): Promise<SealKey> {
    const key = await keyRing.find(id);
    if (!key) throw new AppError("unavailable", "The key file changed while it was read; run the command again.");
    return key;
  }

  /** Until a pass over all tenants finds nothing: keys that were being made at the switch are caught by the next one. */
  async function rewrapAll(to: SealKey): Promise<number> {
    let rewrapped = 0;
    for (;;) {
      const inPass = await rewrapPass(to);
      if (inPass === 0) return rewrapped;
      rewrapped += inPass;
    }
  }

  async function rewrapPass(to: SealKey): Promise<number> {
    let rewrapped = 0;
    for (const { id } of await backend.tenants.list())
      for (const stored of await dataKeys.list(id)) {
        if (envelopeKeyId(stored.wrapped) === to.id) continue;
        const wrapped = await rewrapDataKey(id, stored, to, keyRing);
        await dataKeys.rewrap(id, stored.generation, stored.wrapped, wrapped);
        rewrapped += 1;
      }
    return rewrapped;
  }

  /** Gives every tenant that has secrets a new data key, and seals the secrets anew with it. */
  async function rotateDataKeys(): Promise<{ readonly tenants: number; readonly secrets: number }> {
    const changed: string[] = [];
    for (const { id } of await backend.tenants.list()) {
      const generation = (await dataKeys.list(id)).at(-1)?.generation;
      if (generation === undefined) continue;
      // Lost against another rotation of the same moment: that one's key is as new.
      await addDataKey(id, generation + 1, { keyRing, dataKeys });
      changed.push(id);
    }
    // What servers seal with the earlier key until they notice would be missed.
    if (changed.length > 0) await deps.sleep(2 * NEWEST_KEY_BELIEVED_MS);
    vault.forget();
    let secrets = 0;
    for (const id of changed) secrets += await resealTenant(id);
    return { tenants: changed.length, secrets };
  }

  async function resealTenant(tenantId: string): Promise<number> {
    const newest = await newestKeyId(tenantId);
    let resealed = 0;
    for await (const { place, envelope } of everySecret(tenantId)) {
      if (envelopeKeyId(envelope) === newest) continue;
      const opened = await vault.open({ tenantId, ...place }, envelope);
      const sealed = await vault.seal({ tenantId, ...place }, opened);
      if (await sealedValues.replace(tenantId, place, envelope, sealed)) resealed += 1;
    }
    return resealed;
  }

  /** Which key would seal now. Null without one. */
  async function newestKeyId(tenantId: string): Promise<string | null> {
    const hasKey = (await dataKeys.list(tenantId)).length > 0;
    if (!hasKey) return null;
    return envelopeKeyId(await vault.seal({ tenantId, table: "data_keys", row: "probe", field: "probe" }, ""));
  }

  async function* everySecret(tenantId: string) {
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof sealedValues.page>> = await sealedValues.page(tenantId, after, PAGE);
      yield* page.values;
      after = page.next;
    } while (after !== null);
  }

  return { status, rotateKeyEncryptionKey, rotateDataKeys };
}

export type KeyRotation = ReturnType<typeof createKeyRotation>;
