import { beforeEach, describe, expect, test } from "bun:test";
import type { DataKeyStore } from "../domain/backend.ts";
import { AppError } from "../domain/errors.ts";
import { newKey, type SealKey, sealBytes, sealKey } from "../platform/crypto/seal.ts";
import { createVault, keyCheckValue, type SealPlace, type Vault } from "./vault.ts";

const place: SealPlace = { tenantId: "ten_1", table: "connections", row: "conn_1", field: "credential" };
const kek = sealKey(newKey());

/** Keeps what the tables of the backend keep; `finds` counts the queries. */
class MemoryDataKeys implements DataKeyStore {
  readonly wrapped = new Map<string, string>();
  finds = 0;
  creates = 0;

  async find(tenantId: string): Promise<string | null> {
    this.finds += 1;
    await Bun.sleep(1);
    return this.wrapped.get(tenantId) ?? null;
  }

  async create(tenantId: string, wrapped: string): Promise<string> {
    this.creates += 1;
    await Bun.sleep(1);
    const standing = this.wrapped.get(tenantId) ?? wrapped;
    this.wrapped.set(tenantId, standing);
    return standing;
  }
}

let dataKeys: MemoryDataKeys;
let vault: Vault;
beforeEach(() => {
  dataKeys = new MemoryDataKeys();
  vault = createVault({ keyEncryptionKeys: [kek], dataKeys });
});

/** A server that starts anew on the same database. */
function restarted(...keyEncryptionKeys: [SealKey, ...SealKey[]]): Vault {
  return createVault({ keyEncryptionKeys, dataKeys });
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
    expect(await restarted(kek).open(place, envelope)).toBe(plaintext);
  }
});

test("neither a secret nor the data key is stored in the clear, and no two tenants share a key", async () => {
  const envelope = await vault.seal(place, "hunter2");
  const other = await vault.seal({ ...place, tenantId: "ten_2" }, "hunter2");
  const [first, second] = [...dataKeys.wrapped.values()];
  expect(first).toMatch(new RegExp(`^v1\\.${kek.id}\\.`));
  expect(second).not.toBe(first!);
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
    expect([...dataKeys.wrapped.keys()]).toEqual(["ten_1"]);
  });
});

describe("the key-encryption key", () => {
  test("that is not the one of the set-up is named together with the one that is needed", async () => {
    const envelope = await vault.seal(place, "secret");
    const wrong = sealKey(newKey());
    const error = await refusal(restarted(wrong).open(place, envelope));
    expect(error.detailCode).toBe("encryption_key_missing");
    expect(error.message).toContain(kek.id);
    expect(error.message).toContain(wrong.id);
    expect(error.message).toContain("ENCRYPTION_KEY");
    await refusal(restarted(wrong).seal(place, "more"));
    expect(dataKeys.creates).toBe(1);
  });

  test("may be a new one while the old one still reads, and new tenants use the new one", async () => {
    const envelope = await vault.seal(place, "secret");
    const newer = sealKey(newKey());
    const rotating = restarted(newer, kek);
    expect(await rotating.open(place, envelope)).toBe("secret");
    await rotating.seal({ ...place, tenantId: "ten_2" }, "new");
    expect(dataKeys.wrapped.get("ten_2")).toStartWith(`v1.${newer.id}.`);
  });

  test("does not open one tenant's data key put into another tenant's row", async () => {
    await vault.seal(place, "secret");
    const stolen = dataKeys.wrapped.get("ten_1")!;
    dataKeys.wrapped.set("ten_2", stolen);
    const error = await refusal(restarted(kek).seal({ ...place, tenantId: "ten_2" }, "x"));
    expect(error.detailCode).toBe("sealed_value_damaged");
    expect(error.message).toContain("data_keys, row ten_2");
  });

  test("does not take a wrapped key for a secret", async () => {
    dataKeys.wrapped.set("ten_1", sealBytes(kek, newKey(), "ten_1|data_keys|ten_1|other"));
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
    const later = restarted(kek);
    dataKeys.finds = 0;
    await Promise.all(Array.from({ length: 100 }, () => later.open(place, envelope)));
    await later.seal(place, "more");
    expect(dataKeys.finds).toBe(1);
  });

  test("made by two replicas at the same moment are one: what either sealed, both open", async () => {
    const replica = restarted(kek);
    const sealed = await Promise.all([vault.seal(place, "a"), replica.seal(place, "b"), vault.seal(place, "c")]);
    for (const each of [vault, replica, restarted(kek)])
      expect(await Promise.all(sealed.map((envelope) => each.open(place, envelope)))).toEqual(["a", "b", "c"]);
  });

  test("that could not be read are asked for again", async () => {
    const envelope = await vault.seal(place, "secret");
    const later = restarted(kek);
    const find = dataKeys.find;
    dataKeys.find = () => Promise.reject(new Error("disk on fire"));
    await expect(later.open(place, envelope)).rejects.toThrow("disk on fire");
    dataKeys.find = find;
    expect(await later.open(place, envelope)).toBe("secret");
  });

  test("of more tenants than are held in memory all stay usable", async () => {
    const places = Array.from({ length: 1_200 }, (_, i) => ({ ...place, tenantId: `ten_${i}` }));
    const sealed = await Promise.all(places.map((each) => vault.seal(each, each.tenantId)));
    const opened = await Promise.all(places.map((each, i) => vault.open(each, sealed[i]!)));
    expect(opened).toEqual(places.map((each) => each.tenantId));
  });
});
