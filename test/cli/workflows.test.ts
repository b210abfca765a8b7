import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openInstallation } from "./open-installation.ts";
import { askUntil, runCli, startServer, succeed } from "./run-cli.ts";

const folder = await openInstallation();
afterAll(() => folder[Symbol.asyncDispose]());
const ok = (...args: string[]) => succeed(folder, args);

beforeAll(async () => {
  for (const slug of ["acme", "beta"]) await ok("tenant", "create", slug);
});

function definition(name: string, changes: object = {}) {
  return {
    name,
    trigger: { connector: "webhook", trigger: "request", input: {} },
    steps: [{ id: "shape", kind: "set", values: { total: "{{ trigger.body.price * 2 }}" } }],
    ...changes,
  };
}

function importText(tenant: string, text: string, ...more: string[]) {
  return runCli(folder, ["workflow", "import", "--tenant", tenant, "-", ...more], { input: text });
}

async function exportAll(tenant: string) {
  return JSON.parse(await ok("workflow", "export", "--tenant", tenant));
}

describe("workflow import", () => {
  test("of a file prints the id alone; export gives the same definition back", async () => {
    const file = join(folder.path, "lead.json");
    writeFileSync(file, JSON.stringify(definition("Leads")));
    const id = await ok("workflow", "import", "--tenant", "acme", file);
    expect(id).toMatch(/^wf_[0-9a-z]{26}$/);
    const exported = JSON.parse(await ok("workflow", "export", "--tenant", "acme", "--id", id));
    expect(exported).toEqual(definition("Leads"));
  });

  test("of everything another tenant exported keeps the order", async () => {
    await importText("acme", JSON.stringify([definition("One"), definition("Two")]));
    const everything = await ok("workflow", "export", "--tenant", "acme");
    const { exitCode, stdout } = await importText("beta", everything);
    expect(exitCode).toBe(0);
    const names = (definitions: { name: string }[]) => definitions.map(({ name }) => name);
    expect(stdout.trim().split("\n")).toHaveLength(JSON.parse(everything).length);
    expect(names(await exportAll("beta"))).toEqual(names(JSON.parse(everything)));
  });

  test("names the path of every error and keeps nothing", async () => {
    const before = await exportAll("acme");
    const bad = definition("Bad", {
      steps: [
        { id: "a", kind: "set", values: { x: "{{ steps.later.output }}" } },
        { id: "a", kind: "delay", for: "5 minutes" },
      ],
    });
    const { exitCode, stdout, stderr } = await importText("acme", JSON.stringify(bad));
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain("\n  steps[1].for: must be an ISO 8601 duration");
    expect(await exportAll("acme")).toEqual(before);
  });

  test("of a list with one bad definition keeps none, published or not", async () => {
    const before = await exportAll("acme");
    const list = [definition("Good"), definition("Bad", { steps: [{ id: "a", kind: "fly" }] })];
    const { exitCode, stdout, stderr } = await importText("acme", JSON.stringify(list), "--publish");
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain("Workflow 2 of the list");
    expect(stderr).toContain("\n  [1].steps[0].kind: must be one of");
    expect(await exportAll("acme")).toEqual(before);
  });

  test.each([
    ["broken JSON", "{ not json", "is not usable JSON"],
    ["nothing", "", "is not usable JSON"],
    ["an empty list", "[]", "empty list"],
    ["a number", "42", "errors"],
    ["10,000 nested lists", `${"[".repeat(10_000)}${"]".repeat(10_000)}`, "nested deeper"],
    ["a __proto__ key", '{ "__proto__": {} }', "is not usable JSON"],
  ])("of %s ends with 1", async (_what, text, message) => {
    const { exitCode, stdout, stderr } = await importText("acme", text);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain(message);
  });

  test("of a file that is not there, or not text, ends with 1", async () => {
    const missing = await runCli(folder, ["workflow", "import", "--tenant", "acme", "nowhere.json"]);
    expect(missing).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("nowhere.json cannot be read") });
    const file = join(folder.path, "bytes.json");
    writeFileSync(file, Uint8Array.of(0x22, 0xff, 0x22));
    const bytes = await runCli(folder, ["workflow", "import", "--tenant", "acme", file]);
    expect(bytes).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("is not UTF-8") });
  });

  test("--publish beside a running server: the webhook works within a second", async () => {
    await using server = await startServer(folder);
    const env = { PORT: String(server.port) };
    const args = ["workflow", "import", "--tenant", "acme", "-", "--publish", "--json"];
    const { exitCode, stdout, stderr } = await runCli(folder, args, {
      env,
      input: JSON.stringify(definition("Live")),
    });
    expect({ exitCode }).toEqual({ exitCode: 0 });
    const [{ id, version, webhookUrl }] = JSON.parse(stdout);
    expect(version).toBe(1);
    expect(webhookUrl).toStartWith(`${server.url}/hooks/`);
    expect(stderr).toContain(`Published ${id} as version 1; webhook: ${webhookUrl}`);

    const deliver = () => fetch(webhookUrl, { method: "POST", body: '{"price":2}', headers: JSON_TYPE });
    const answer = await askUntil(deliver, ({ status }) => status === 202);
    expect(await answer.json()).toEqual({ runId: expect.stringMatching(/^run_/), duplicate: false });
  });
});

const JSON_TYPE = { "content-type": "application/json" };

test("workflow export of an id that is not the tenant's ends with 1", async () => {
  const { stdout } = await importText("acme", JSON.stringify(definition("Mine")));
  const id = stdout.trim();
  const { exitCode, stderr } = await runCli(folder, ["workflow", "export", "--tenant", "beta", "--id", id]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: `There is no workflow ${id}.\n` });
});

test("connector list shows what each connector can do", async () => {
  const listed = JSON.parse(await ok("connector", "list", "--json"));
  expect(listed).toContainEqual(
    expect.objectContaining({
      name: "http",
      triggers: [],
      actions: ["request"],
      auth: expect.arrayContaining(["bearer"]),
    }),
  );
  expect(await ok("connector", "list")).toMatch(/^schedule +cron, interval +- +Schedule$/m);
});
