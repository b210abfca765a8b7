import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { AUDIT_CHAIN_START, auditHashInput } from "../../src/domain/audit.ts";
import { openInstallation } from "./open-installation.ts";
import { runCli, succeed } from "./run-cli.ts";

/** Two tenants, the first with three entries in its log. */
const original = await openInstallation();
afterAll(() => original[Symbol.asyncDispose]());
beforeAll(async () => {
  await succeed(original, ["tenant", "create", "acme"]);
  await succeed(original, ["tenant", "create", "beta"]);
  for (const name of ["one", "two"]) await succeed(original, ["api-key", "create", "--tenant", "acme", "--name", name]);
});

const OF_ACME = "tenant_id = (SELECT id FROM tenants WHERE slug = 'acme')";

describe("audit verify", () => {
  test("says that an intact log is intact", async () => {
    await using folder = await original.copy();
    expect(await succeed(folder, ["audit", "verify"])).toBe("acme: intact, 3 entries\nbeta: intact, 1 entry");
    expect(await succeed(folder, ["audit", "verify", "--tenant", "beta"])).toBe("beta: intact, 1 entry");
  });

  test.each([
    ["changed", `UPDATE audit_log SET target = 'key_x' WHERE seq = 2 AND ${OF_ACME}`, 2],
    ["removed from the middle", `DELETE FROM audit_log WHERE seq = 2 AND ${OF_ACME}`, 2],
    ["removed from the end", `DELETE FROM audit_log WHERE seq = 3 AND ${OF_ACME}`, 3],
  ])("finds an entry that was %s, and ends with 1", async (_what, statement, seq) => {
    await using folder = await original.copy();
    await folder.storage.run(statement);
    const { exitCode, stdout } = await runCli(folder, ["audit", "verify"]);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(new RegExp(`^acme: BROKEN at entry ${seq}: .+\\nbeta: intact, 1 entry\\n$`));

    const json = await runCli(folder, ["audit", "verify", "--tenant", "acme", "--json"]);
    expect(json.exitCode).toBe(1);
    expect(JSON.parse(json.stdout)).toEqual([{ tenant: "acme", ok: false, seq, problem: expect.any(String) }]);
    expect((await runCli(folder, ["audit", "verify", "--tenant", "beta"])).exitCode).toBe(0);
  });

  test("ends with 1 for a tenant that is not there", async () => {
    await using folder = await original.copy();
    expect((await runCli(folder, ["audit", "verify", "--tenant", "nobody"])).exitCode).toBe(1);
  });
});

describe("audit export", () => {
  test("gives one entry a line, newest first, whose chain anybody can check", async () => {
    await using folder = await original.copy();
    const lines = (await succeed(folder, ["audit", "export", "--tenant", "acme"])).split("\n");
    const entries = lines.map((line) => JSON.parse(line)).reverse();
    expect(entries.map(({ action }) => action)).toEqual(["tenant.created", "api_key.created", "api_key.created"]);
    expect(entries[1]).toMatchObject({ actor: { kind: "cli" }, details: { name: "one" } });
    let previousHash = AUDIT_CHAIN_START;
    for (const { hash, ...entry } of entries) {
      const text = auditHashInput({ ...entry, at: Date.parse(entry.at) });
      expect(entry.previousHash).toBe(previousHash);
      expect(new Bun.CryptoHasher("sha256").update(text).digest("hex")).toBe(hash);
      previousHash = hash;
    }
  });

  test("shows neither another tenant's entries nor any secret", async () => {
    await using folder = await original.copy();
    const key = await succeed(folder, ["api-key", "create", "--tenant", "acme", "--name", "three"]);
    const exported = await succeed(folder, ["audit", "export", "--tenant", "acme"]);
    expect(exported).not.toContain(key.slice(-43));
    expect((await succeed(folder, ["audit", "export", "--tenant", "beta"])).split("\n")).toHaveLength(1);
  });
});
