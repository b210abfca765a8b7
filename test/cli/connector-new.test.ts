import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCli, succeed, tempFolder } from "./run-cli.ts";

/*
 * What the command writes must be fit to land as it is: formatted, of the right types, and with tests that pass. It is
 * written into a checkout of its own, which shares everything but the connectors with this one.
 */

const REPOSITORY = join(import.meta.dir, "../..");
const folder = tempFolder();
const inFolder = (...path: string[]) => join(folder.path, ...path);

beforeAll(async () => {
  mkdirSync(inFolder("connectors"));
  for (const shared of ["src", "test", "node_modules", "package.json", "biome.json"])
    symlinkSync(join(REPOSITORY, shared), inFolder(shared));
  for (const file of ["registry.generated.ts", "svg.d.ts"])
    copyFileSync(join(REPOSITORY, "connectors", file), inFolder("connectors", file));
  const { compilerOptions } = await Bun.file(join(REPOSITORY, "tsconfig.json")).json();
  const include = ["connectors/acme-crm", "connectors/svg.d.ts"];
  writeFileSync(inFolder("tsconfig.json"), JSON.stringify({ compilerOptions, include }));
  await succeed(folder, ["connector", "new", "acme-crm", "--title", "Acme CRM"]);
});
afterAll(() => folder[Symbol.dispose]());

async function runTool(...command: string[]): Promise<{ readonly exitCode: number; readonly output: string }> {
  const child = Bun.spawn([process.execPath, ...command], { cwd: folder.path, stdout: "pipe", stderr: "pipe" });
  const [exitCode, stdout, stderr] = await Promise.all([child.exited, child.stdout.text(), child.stderr.text()]);
  return { exitCode, output: stdout + stderr };
}

describe("a new connector", () => {
  test("bears its name and title, and nothing of the template's marks", () => {
    const definition = readFileSync(inFolder("connectors/acme-crm/definition.ts"), "utf8");
    expect(definition).toContain('title: "Acme CRM"');
    expect(readFileSync(inFolder("connectors/acme-crm/auth-schemes.ts"), "utf8")).toContain('"ACME_CRM"');
    for (const file of new Bun.Glob("connectors/acme-crm/**/*").scanSync(folder.path))
      expect(readFileSync(inFolder(file), "utf8")).not.toContain("__");
  });

  test("passes its own tests", async () => {
    const { exitCode, output } = await runTool("test", "connectors/acme-crm");
    expect(output).toMatch(/\b17 pass\n 0 fail/);
    expect(exitCode).toBe(0);
  }, 30_000);

  test("is of the right types", async () => {
    const { exitCode, output } = await runTool("node_modules/ts7/bin/tsc", "--project", ".");
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: "" });
  }, 60_000);

  test("is written as the rest is", async () => {
    const checked = await runTool("node_modules/@biomejs/biome/bin/biome", "ci", "--colors=off", "connectors/acme-crm");
    expect(checked).toMatchObject({ exitCode: 0 });
  }, 30_000);
});

test.each([
  [["acme-crm"], 1, "exists already"],
  [["../outside"], 2, "is no connector's name"],
  [["Acme"], 2, "is no connector's name"],
  [["acme--crm"], 2, "is no connector's name"],
  [["other", "--title", 'a"b'], 2, "A title has no quotes"],
])("%j is refused and writes nothing", async (args, wanted, message) => {
  const { exitCode, stdout, stderr } = await runCli(folder, ["connector", "new", ...args]);
  expect({ exitCode, stdout }).toEqual({ exitCode: wanted, stdout: "" });
  expect(stderr).toContain(message);
  expect(existsSync(inFolder("connectors/other"))).toBe(false);
});

test("a reader that goes away leaves no half connector", async () => {
  const main = join(REPOSITORY, "src/main.ts");
  await Bun.$`${process.execPath} ${main} connector new piped | head -n 1`.cwd(folder.path).quiet().nothrow();
  expect(existsSync(inFolder("connectors/piped/triggers/new-contact.ts"))).toBe(true);
});
