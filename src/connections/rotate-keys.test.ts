import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createTenant, openWorkspaces, type Workspaces } from "../../test/api/open-workspaces.ts";
import { sampleConnection } from "../backend/contract/samples.ts";
import type { Backend } from "../domain/backend.ts";
import { NO_TOKEN } from "../domain/connection.ts";
import type { Scope } from "../domain/tenant.ts";
import { envelopeKeyId, newKey, sealKey } from "../platform/crypto/seal.ts";
import { createKeyRing, KEY_CHECK, keyCheckValue } from "./key-ring.ts";
import { createKeyRotation } from "./rotate-keys.ts";
import { createVault } from "./vault.ts";

let world: Workspaces;
const tenants: Scope[] = [];
let file: readonly Uint8Array[] = [newKey()];
let secrets: { readonly scope: Scope; readonly id: string; readonly text: string }[] = [];

beforeAll(async () => {
  world = await openWorkspaces();
  tenants.push(world.ours, world.theirs, await createTenant(world.backend, "third"));
  await world.backend.settings.set(KEY_CHECK, keyCheckValue(sealKey(file[0]!)));
  const { vault } = process();
  secrets = await Promise.all(
    tenants.flatMap((scope, tenant) =>
      [0, 1, 2].map(async (n) => {
        const text = `canary-${tenant}-${n}`;
        if (n === 2) return sealEventApp(vault, scope, text);
        const connection = sampleConnection(scope);
        const sealed = await vault.seal(placeOf(scope, connection.id), text);
        const change = { at: 1, action: "connection.created", target: connection.id, details: {} };
        await world.backend.connections.create(scope, connection, sealed, change);
        return { scope, id: connection.id, text };
      }),
    ),
  );
});
afterAll(() => world.close());

const APP = "acme";
/** What signs the events of an app is sealed as credentials are. */
async function sealEventApp(vault: ReturnType<typeof createVault>, scope: Scope, text: string) {
  const { eventApps } = world.backend;
  await eventApps.reserve(scope, APP, `app of ${scope.tenantId}`, 1);
  const change = { at: 1, action: "event_app.saved", target: APP, details: {} };
  await eventApps.saveSecrets(scope, APP, await vault.seal(placeOf(scope, APP), text), change);
  return { scope, id: APP, text };
}

const placeOf = ({ tenantId }: Scope, row: string) =>
  row === APP
    ? { tenantId, table: "event_apps", row, field: "secrets" }
    : { tenantId, table: "connections", row, field: "credential" };

async function readSealed(scope: Scope, id: string): Promise<string> {
  const { connections, eventApps } = world.backend;
  const sealed =
    id === APP ? (await eventApps.find(scope, id))?.sealedSecrets : (await connections.findSealed(scope, id))?.sealed;
  return sealed ?? "";
}

let elapsedMs = 0;
/** What happens at a server while a rotation waits. */
let meanwhile = async () => {};

class Killed extends Error {}

/** A process that has just started: a ring from the key file as it is now, and a rotation that dies as told. */
function process(diesAt = Number.POSITIVE_INFINITY, isAfterWrite = false) {
  let writes = 0;
  async function dying<T>(write: () => Promise<T>): Promise<T> {
    writes += 1;
    if (writes === diesAt && !isAfterWrite) throw new Killed();
    const result = await write();
    if (writes === diesAt) throw new Killed();
    return result;
  }
  const { tenants, settings, dataKeys, sealedValues } = world.backend;
  const backend: Pick<Backend, "tenants" | "settings" | "dataKeys" | "sealedValues"> = {
    tenants,
    settings: { get: (key) => settings.get(key), set: (key, value) => dying(() => settings.set(key, value)) },
    dataKeys: {
      list: (id) => dataKeys.list(id),
      add: (...given) => dying(() => dataKeys.add(...given)),
      rewrap: (...given) => dying(() => dataKeys.rewrap(...given)),
    },
    sealedValues: {
      page: (...given) => sealedValues.page(...given),
      replace: (...given) => dying(() => sealedValues.replace(...given)),
    },
  };
  const keyRing = createKeyRing({
    keys: file,
    reload: async () => file,
    currentCheck: () => settings.get(KEY_CHECK),
  });
  const vault = createVault({ keyRing, dataKeys: backend.dataKeys, elapsedMs: () => elapsedMs });
  const sleep = async (ms: number) => {
    elapsedMs += ms;
    await meanwhile();
  };
  const keyFile = {
    read: async () => file,
    replace: (keys: readonly Uint8Array[]) =>
      dying(async () => {
        file = keys;
      }),
  };
  return { vault, rotation: createKeyRotation({ backend, keyRing, vault, keyFile, givenKeys: [], sleep }) };
}

async function expectAllReadable(vault: ReturnType<typeof createVault>): Promise<void> {
  for (const { scope, id, text } of secrets) {
    const sealed = await readSealed(scope, id);
    expect(await vault.open(placeOf(scope, id), sealed)).toBe(text);
  }
}

test("the key-encryption key changes, a running server reads and seals on, and only the new key is left", async () => {
  const server = process().vault;
  await expectAllReadable(server);
  const [old] = file;
  const { from, to, rewrapped } = await process().rotation.rotateKeyEncryptionKey();
  expect({ from, rewrapped }).toEqual({ from: sealKey(old!).id, rewrapped: 3 });
  expect(file.map((key) => sealKey(key).id)).toEqual([to]);
  await expectAllReadable(server);
  server.forget();
  await expectAllReadable(server);
  await expectAllReadable(process().vault);
  expect(await process().rotation.status()).toMatchObject({ current: to, isRotating: false, wrappedBy: { [to]: 3 } });
});

describe("a process that dies while it changes the key-encryption key leaves everything readable, and the next goes on", () => {
  // Key file, two settings, three data keys, one setting, key file.
  test.each(Array.from({ length: 8 }, (_, at) => [at + 1]))("at write %d", async (at) => {
    for (const isAfterWrite of [false, true]) {
      const server = process().vault;
      const before = await process().rotation.status();
      expect(process(at, isAfterWrite).rotation.rotateKeyEncryptionKey()).rejects.toThrow(Killed);
      await expectAllReadable(process().vault);
      server.forget();
      await expectAllReadable(server);
      const { to } = await process().rotation.rotateKeyEncryptionKey();
      expect(to).not.toBe(before.current);
      expect(file).toHaveLength(1);
      expect((await process().rotation.status()).wrappedBy).toEqual({ [to]: 3 });
      await expectAllReadable(process().vault);
    }
  });
});

describe("data keys", () => {
  test("of all tenants change, and every secret is sealed with the new one", async () => {
    const before = await Promise.all(secrets.map(({ scope, id }) => readSealed(scope, id)));
    expect(await process().rotation.rotateDataKeys()).toEqual({ tenants: 3, secrets: 9 });
    expect((await process().rotation.status()).secrets).toEqual({ newest: 9, earlier: 0 });
    for (const [n, { scope, id }] of secrets.entries()) {
      const sealed = await readSealed(scope, id);
      expect(envelopeKeyId(sealed)).not.toBe(envelopeKeyId(before[n]!));
    }
    await expectAllReadable(process().vault);
  });

  test("are the ones that a running server seals with when the rotation has ended, and nothing it sealed before is left", async () => {
    const server = process().vault;
    const { scope, id } = secrets[0]!;
    const place = placeOf(scope, id);
    const replace = async (text: string) => {
      const change = { at: 2, action: "connection.updated", target: id, details: {} };
      const sealedCredential = await server.seal(place, text);
      await world.backend.connections.reconnect(scope, id, { ...NO_TOKEN, sealedCredential }, change);
      return envelopeKeyId(sealedCredential);
    };
    const before = await replace("before");
    meanwhile = async () => void (await replace(secrets[0]!.text));
    await process().rotation.rotateDataKeys();
    meanwhile = async () => {};
    expect((await process().rotation.status()).secrets).toEqual({ newest: 9, earlier: 0 });
    expect(await replace(secrets[0]!.text)).not.toBe(before);
    await expectAllReadable(process().vault);
  });

  test.each([1, 2, 5, 12])("change again after the process died at write %d", async (at) => {
    for (const isAfterWrite of [false, true]) {
      const server = process().vault;
      await expectAllReadable(server);
      expect(process(at, isAfterWrite).rotation.rotateDataKeys()).rejects.toThrow(Killed);
      await expectAllReadable(server);
      await expectAllReadable(process().vault);
      await process().rotation.rotateDataKeys();
      expect((await process().rotation.status()).secrets).toEqual({ newest: 9, earlier: 0 });
      await expectAllReadable(server);
    }
  });

  test("do not undo a credential that was replaced meanwhile", async () => {
    const { scope, id, text } = secrets[0]!;
    const { rotation, vault } = process();
    const { sealedValues } = world.backend;
    const page = sealedValues.page;
    // Somebody stores another credential between the reading of the old one and its replacement.
    sealedValues.page = async (...given) => {
      const found = await page.call(sealedValues, ...given);
      if (given[0] === scope.tenantId && given[1] === null) {
        const sealed = await vault.seal(placeOf(scope, id), "newer");
        const change = { at: 2, action: "connection.updated", target: id, details: {} };
        await world.backend.connections.reconnect(scope, id, { ...NO_TOKEN, sealedCredential: sealed }, change);
      }
      return found;
    };
    await rotation.rotateDataKeys();
    sealedValues.page = page;
    const { sealed } = (await world.backend.connections.findSealed(scope, id))!;
    expect(await process().vault.open(placeOf(scope, id), sealed)).toBe("newer");
    expect(text).not.toBe("newer");
  });
});

test("with keys from the environment there must be a new one, and then it is changed to", async () => {
  const [current] = file;
  const given = (keys: readonly Uint8Array[]) => {
    const keyRing = createKeyRing({
      keys,
      reload: async () => keys,
      currentCheck: () => world.backend.settings.get(KEY_CHECK),
    });
    const vault = createVault({ keyRing, dataKeys: world.backend.dataKeys });
    return createKeyRotation({
      backend: world.backend,
      keyRing,
      vault,
      keyFile: null,
      givenKeys: keys,
      sleep: async () => {},
    });
  };
  expect(given([current!]).rotateKeyEncryptionKey()).rejects.toMatchObject({ code: "conflict" });
  const newer = newKey();
  const { to } = await given([newer, current!]).rotateKeyEncryptionKey();
  expect(to).toBe(sealKey(newer).id);
  expect(Object.keys((await given([newer]).status()).wrappedBy)).toEqual([to]);
});
