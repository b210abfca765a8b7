import { beforeEach, describe, expect, test } from "bun:test";
import type { DataKeyStore, StoredDataKey, WrappingKey } from "../domain/data-key-store.ts";
import { AppError } from "../domain/errors.ts";
import { newKey, sealBytes, sealKey } from "../platform/crypto/seal.ts";
import { createKeyRing, keyCheckValue } from "./key-ring.ts";
import { addDataKey, createVault, type SealPlace, type Vault } from "./vault.ts";

const place: SealPlace = { tenantId: "ten_1", table: "connections", row: "conn_1", field: "credential" };
const kekBytes = newKey();
const kek = sealKey(kekBytes);

/** Keeps what the tables of the backend keep; `finds` counts the queries. */
class MemoryDataKeys implements DataKeyStore {
  readonly stored = new Map<string, StoredDataKey[]>();
  check = "";
  finds = 0;
  creates = 0;

  wrapped(tenantId: string, generation = 1): string {
    return this.stored.get(tenantId)?.[generation - 1]?.wrapped ?? "";
  }

  async list(tenantId: string): Promise<readonly StoredDataKey[]> {
    this.finds += 1;
    await Bun.sleep(1);
    return [...(this.stored.get(tenantId) ?? [])];
  }

  async add(tenantId: string, key: StoredDataKey, current: WrappingKey): Promise<boolean> {
    await Bun.sleep(1);
    const keys = this.stored.get(tenantId) ?? [];
    if (current.value !== this.check || keys.some(({ generation }) => generation === key.generation)) return false;
    this.creates += 1;
    this.stored.set(tenantId, [...keys, key]);
    return true;
  }

  rewrap(): Promise<boolean> {
    throw new Error("not used here");
  }
}

let dataKeys: MemoryDataKeys;
let vault: Vault;
beforeEach(() => {
  dataKeys = new MemoryDataKeys();
  dataKeys.check = keyCheckValue(kek);
  vault = restarted(kekBytes);
});

function ringOf(keys: readonly Uint8Array[], reload: () => readonly Uint8Array[] = () => []) {
  return createKeyRing({ keys, reload: async () => reload(), currentCheck: async () => dataKeys.check });
}

/** A server that starts anew on the same database. */
function restarted(...keys: Uint8Array[]): Vault {
  return createVault({ keyRing: ringOf(keys), dataKeys });
}

async function refusal(opening: Promise<string>): Promise<AppError> {
  const error = await opening.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof AppError)) throw new Error(`expected an AppError, got ${error}`);
  expect(error.code).toBe("unavailable");
  return error;
}

test("what was sealed opens again at its place, also after a restart", async () => {
  for (const plaintext of ["", "secret", '{"token":"é\u0000🔑"}', "x".repeat(100_000)]) {
    const envelope = await vault.seal(place, plaintext);
    expect(await vault.open(place, envelope)).toBe(plaintext);
    expect(await restarted(kekBytes).open(place, envelope)).toBe(plaintext);
  }
});

test("neither a secret nor the data key is stored in the clear, and no two tenants share a key", async () => {
  const envelope = await vault.seal(place, "hunter2");
  const other = await vault.seal({ ...place, tenantId: "ten_2" }, "hunter2");
  const [first, second] = [dataKeys.wrapped("ten_1"), dataKeys.wrapped("ten_2")];
  expect(first).toMatch(new RegExp(`^v1\\.${kek.id}\\.`));
  expect(second).not.toBe(first);
  expect(envelope.split(".")[1]).not.toBe(other.split(".")[1]);
  expect(envelope).not.toContain("hunter2");
});

describe("an envelope is refused as damaged", () => {
  test.each([
    ["another row", { row: "conn_2" }],
    ["another field", { field: "refresh_token" }],
    ["another table", { table: "variables" }],
    ["another tenant", { tenantId: "ten_2" }],
    ["a place that would read the same without escaping", { table: "connections|conn_1", row: "" }],
  ])("in %s", async (_, elsewhere) => {
    const envelope = await vault.seal(place, "secret");
    await vault.seal({ ...place, ...elsewhere }, "so that the tenant has a key");
    const error = await refusal(vault.open({ ...place, ...elsewhere }, envelope));
    expect(error.detailCode).toBe("sealed_value_damaged");
    expect(error.message).not.toContain("secret in the");
  });

  test("also at places whose names contain bars and percent signs", async () => {
    const a = { ...place, row: "a|b", field: "c" };
    const b = { ...place, row: "a", field: "b|c" };
    const c = { ...place, row: "a%7Cb", field: "c" };
    const envelope = await vault.seal(a, "secret");
    expect(await vault.open(a, envelope)).toBe("secret");
    for (const elsewhere of [b, c]) await refusal(vault.open(elsewhere, envelope));
  });

  test("when it was changed, cut, or is none, and the message says what and where", async () => {
    const envelope = await vault.seal(place, "secret");
    const flipped = envelope.slice(0, -3) + (envelope.at(-3) === "A" ? "B" : "A") + envelope.slice(-2);
    for (const bad of [flipped, envelope.slice(0, -4), "", "secret", envelope.replace("v1.", "v2.")]) {
      const error = await refusal(vault.open(place, bad));
      expect(error.detailCode).toBe("sealed_value_damaged");
      expect(error.message).toContain("connections, row conn_1, field credential");
    }
  });

  test("for a tenant that has no data key, and opening makes none", async () => {
    const envelope = await vault.seal(place, "secret");
    await refusal(vault.open({ ...place, tenantId: "ten_9" }, envelope));
    expect([...dataKeys.stored.keys()]).toEqual(["ten_1"]);
  });
});

describe("the key-encryption key", () => {
  test("that is not the one of the set-up is named together with the one that is needed", async () => {
    const envelope = await vault.seal(place, "secret");
    const wrong = newKey();
    const error = await refusal(restarted(wrong).open(place, envelope));
    expect(error.detailCode).toBe("encryption_key_missing");
    expect(error.message).toContain(kek.id);
    expect(error.message).toContain(sealKey(wrong).id);
    expect(error.message).toContain("ENCRYPTION_KEY");
    await refusal(restarted(wrong).seal(place, "more"));
    expect(dataKeys.creates).toBe(1);
  });

  test("may be a new one while the old one still reads, and new tenants use the one the settings say", async () => {
    const envelope = await vault.seal(place, "secret");
    const newer = newKey();
    const rotating = restarted(newer, kekBytes);
    expect(await rotating.open(place, envelope)).toBe("secret");
    await rotating.seal({ ...place, tenantId: "ten_2" }, "before the switch");
    expect(dataKeys.wrapped("ten_2")).toStartWith(`v1.${kek.id}.`);
    dataKeys.check = keyCheckValue(sealKey(newer));
    await rotating.seal({ ...place, tenantId: "ten_3" }, "after it");
    expect(dataKeys.wrapped("ten_3")).toStartWith(`v1.${sealKey(newer).id}.`);
  });

  test("is read again when the key file has got a new one while the server runs", async () => {
    const newer = newKey();
    let file: readonly Uint8Array[] = [kekBytes];
    const server = createVault({ keyRing: ringOf(file, () => file), dataKeys });
    file = [newer, kekBytes];
    dataKeys.check = keyCheckValue(sealKey(newer));
    const envelope = await server.seal(place, "secret");
    expect(dataKeys.wrapped("ten_1")).toStartWith(`v1.${sealKey(newer).id}.`);
    expect(await restarted(newer).open(place, envelope)).toBe("secret");
  });

  test("is the new one for a data key that was being made while the key was changed", async () => {
    const newer = newKey();
    const ring = createKeyRing({
      keys: [newer, kekBytes],
      reload: async () => [],
      async currentCheck() {
        const before = dataKeys.check;
        dataKeys.check = keyCheckValue(sealKey(newer));
        return before;
      },
    });
    const envelope = await createVault({ keyRing: ring, dataKeys }).seal(place, "secret");
    expect(dataKeys.wrapped("ten_1")).toStartWith(`v1.${sealKey(newer).id}.`);
    expect(await restarted(newer).open(place, envelope)).toBe("secret");
  });

  test("does not open one tenant's data key put into another tenant's row, nor into another generation", async () => {
    await vault.seal(place, "secret");
    const stolen = dataKeys.wrapped("ten_1");
    dataKeys.stored.set("ten_2", [{ generation: 1, wrapped: stolen }]);
    const error = await refusal(restarted(kekBytes).seal({ ...place, tenantId: "ten_2" }, "x"));
    expect(error.detailCode).toBe("sealed_value_damaged");
    expect(error.message).toContain("data_keys, row ten_2");
    dataKeys.stored.set("ten_1", [{ generation: 2, wrapped: stolen }]);
    await refusal(restarted(kekBytes).seal(place, "x"));
  });

  test("does not take a wrapped key for a secret", async () => {
    dataKeys.stored.set("ten_1", [{ generation: 1, wrapped: sealBytes(kek, newKey(), "ten_1|data_keys|ten_1|other") }]);
    await refusal(vault.seal(place, "x"));
  });

  test("has a check value that is its own and is not made of its bytes", () => {
    const bytes = newKey();
    expect(keyCheckValue(sealKey(bytes))).toBe(keyCheckValue(sealKey(bytes)));
    expect(keyCheckValue(sealKey(bytes))).toMatch(/^[0-9a-f]{64}$/);
    expect(keyCheckValue(sealKey(newKey()))).not.toBe(keyCheckValue(sealKey(bytes)));
  });
});

describe("data keys", () => {
  test("are looked up once, however many secrets are opened", async () => {
    const envelope = await vault.seal(place, "secret");
    const later = restarted(kekBytes);
    dataKeys.finds = 0;
    await Promise.all(Array.from({ length: 100 }, () => later.open(place, envelope)));
    await later.seal(place, "more");
    expect(dataKeys.finds).toBe(1);
  });

  test("made by two replicas at the same moment are one: what either sealed, both open", async () => {
    const replica = restarted(kekBytes);
    const sealed = await Promise.all([vault.seal(place, "a"), replica.seal(place, "b"), vault.seal(place, "c")]);
    for (const each of [vault, replica, restarted(kekBytes)])
      expect(await Promise.all(sealed.map((envelope) => each.open(place, envelope)))).toEqual(["a", "b", "c"]);
  });

  test("of a later generation seal, and the earlier ones still open", async () => {
    const old = await vault.seal(place, "old");
    const keyRing = ringOf([kekBytes]);
    expect(await addDataKey("ten_1", 2, { keyRing, dataKeys })).toBe(true);
    expect(await addDataKey("ten_1", 2, { keyRing, dataKeys })).toBe(false);
    const replica = restarted(kekBytes);
    const newer = await replica.seal(place, "new");
    expect(newer.split(".")[1]).not.toBe(old.split(".")[1]);
    expect(await replica.open(place, old)).toBe("old");
    // This one has not heard of the new key yet: it reads what was sealed with it, and seals with the old one until then.
    expect(await vault.open(place, newer)).toBe("new");
    vault.forget();
    expect((await vault.seal(place, "x")).split(".")[1]).toBe(newer.split(".")[1]);
  });

  test("that could not be read are asked for again", async () => {
    const envelope = await vault.seal(place, "secret");
    const later = restarted(kekBytes);
    const list = dataKeys.list;
    dataKeys.list = () => Promise.reject(new Error("disk on fire"));
    await expect(later.open(place, envelope)).rejects.toThrow("disk on fire");
    dataKeys.list = list;
    expect(await later.open(place, envelope)).toBe("secret");
  });

  test("of more tenants than are held in memory all stay usable", async () => {
    const places = Array.from({ length: 1_200 }, (_, i) => ({ ...place, tenantId: `ten_${i}` }));
    const sealed = await Promise.all(places.map((each) => vault.seal(each, each.tenantId)));
    const opened = await Promise.all(places.map((each, i) => vault.open(each, sealed[i]!)));
    expect(opened).toEqual(places.map((each) => each.tenantId));
  });
});
