import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openInstallation } from "./open-installation.ts";
import { askUntil, runCli, startServer, succeed } from "./run-cli.ts";

const folder = await openInstallation();
afterAll(() => folder[Symbol.asyncDispose]());
const run = (...args: string[]) => runCli(folder, args);
const ok = (...args: string[]) => succeed(folder, args);
const createKey = (...more: string[]) => ok("api-key", "create", "--tenant", "acme", "--name", "test", ...more);

beforeAll(() => ok("tenant", "create", "acme"));

describe("tenant", () => {
  test("list says what to do while there is none", async () => {
    await using empty = await openInstallation();
    const { exitCode, stdout, stderr } = await runCli(empty, ["tenant", "list"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
    expect(stderr).toContain("tenant create acme");
    expect(await succeed(empty, ["tenant", "list", "--json"])).toBe("[]");
  });

  test("create prints the id alone, and list shows it", async () => {
    const id = await ok("tenant", "create", "beta-2");
    expect(id).toMatch(/^ten_[0-9a-z]{26}$/);
    const listed = JSON.parse(await ok("tenant", "list", "--json"));
    expect(listed.map(({ slug }: { slug: string }) => slug)).toEqual(["acme", "beta-2"]);
    expect(listed[1]).toEqual({ id, slug: "beta-2", createdAt: expect.stringMatching(/^\d{4}-.*Z$/) });
    expect(await ok("tenant", "list")).toMatch(new RegExp(`^beta-2 +${id} `, "m"));
  });

  test.each(["Acme", "a_b", "-a", "a-", "é", "a".repeat(64)])("create refuses the slug %j", async (slug) => {
    const args = ["tenant", "create", ...(slug.startsWith("-") ? ["--", slug] : [slug])];
    const { exitCode, stdout, stderr } = await run(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain("lower-case letters, digits and hyphens");
  });

  test("create refuses a slug that is taken", async () => {
    const { exitCode, stderr } = await run("tenant", "create", "acme");
    expect(exitCode).toBe(1);
    expect(stderr).toBe('There is already a tenant "acme".\n');
  });
});

describe("user", () => {
  test("create makes an operator only where it is asked to, and the audit log says so", async () => {
    for (const [email, ...more] of [["ada@example.com"], ["grace@example.com", "--operator"]] as const) {
      const args = ["user", "create", "--tenant", "acme", "--email", email, "--role", "owner", "--password-stdin"];
      const { exitCode, stderr } = await runCli(folder, [...args, ...more], { input: "orbit lantern seven" });
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    }
    const exported = (await ok("audit", "export", "--tenant", "acme")).split("\n").map((line) => JSON.parse(line));
    const created = exported.filter(({ action }) => action === "user.created").map(({ details }) => details);
    expect(created).toEqual([
      { email: "grace@example.com", role: "owner", isOperator: true },
      { email: "ada@example.com", role: "owner" },
    ]);
  });
});

describe("api-key", () => {
  test("create prints the key and nothing else", async () => {
    const { exitCode, stdout, stderr } = await run("api-key", "create", "--tenant", "acme", "--name", "ci");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/^isk_[0-9a-z]{26}_[A-Za-z0-9_-]{43}\n$/);
  });

  test("create --json tells what was made", async () => {
    const made = JSON.parse(await createKey("--scopes", "read", "--expires", "P90D", "--json"));
    expect(made).toMatchObject({
      id: expect.stringMatching(/^key_/),
      key: expect.stringMatching(/^isk_/),
      scopes: ["read"],
    });
    expect(Date.parse(made.expiresAt) - Date.now()).toBeCloseTo(90 * 86_400_000, -5);
  });

  test("list shows keys without their secret", async () => {
    const { id, key } = JSON.parse(await createKey("--json"));
    const listed = await ok("api-key", "list", "--tenant", "acme", "--json");
    expect(JSON.parse(listed)).toContainEqual({
      id,
      name: "test",
      scopes: ["read", "write"],
      createdAt: expect.any(String),
      expiresAt: null,
      lastUsedAt: null,
    });
    // The secret may hold underscores of its own.
    expect(listed).not.toContain(key.slice(-43));
    expect(await ok("api-key", "list", "--tenant", "acme")).toMatch(new RegExp(`^${id} +read,write +- +- +test$`, "m"));
  });

  test.each([
    [["--tenant", "nobody"], 'There is no tenant "nobody"; there are: acme'],
    [["--tenant", "acme", "--workspace", "lab"], 'Tenant "acme" has no workspace "lab"'],
  ])("create for %j ends with 1", async (place, message) => {
    const { exitCode, stdout, stderr } = await run("api-key", "create", ...place, "--name", "x");
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain(message);
  });

  test("delete of a key that is not there, or another tenant's, ends with 1", async () => {
    const { id } = JSON.parse(await createKey("--json"));
    await run("tenant", "create", "other");
    for (const [tenant, wanted] of [
      ["acme", "key_00000000000000000000000000"],
      ["other", id],
    ] as const) {
      const { exitCode, stderr } = await run("api-key", "delete", "--tenant", tenant, wanted);
      expect(exitCode).toBe(1);
      expect(stderr).toBe(`There is no API key ${wanted}.\n`);
    }
  });

  test("takes effect in a running server within a second, when made and when deleted", async () => {
    await using server = await startServer(folder);
    const { id, key } = JSON.parse(await createKey("--json"));
    const status = async () => {
      const headers = { authorization: `Bearer ${key}` };
      return (await fetch(`${server.url}/api/v1/workflows`, { headers })).status;
    };
    expect(await askUntil(status, (code) => code === 200)).toBe(200);
    await ok("api-key", "delete", "--tenant", "acme", id);
    expect(await askUntil(status, (code) => code === 401)).toBe(401);
  });
});
