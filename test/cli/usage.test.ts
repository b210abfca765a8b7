import { afterAll, describe, expect, test } from "bun:test";
import manifest from "../../package.json" with { type: "json" };
import { commandTable } from "../../src/cli/command-table.ts";
import { PROGRAM_NAME, runCli, succeed, tempFolder } from "./run-cli.ts";

const folder = tempFolder();
afterAll(() => folder[Symbol.dispose]());
const run = (...args: string[]) => runCli(folder, args);

describe("help", () => {
  test("names every command, and none is hidden", async () => {
    const help = await succeed(folder, ["--help"]);
    const lines = help.split("\n").map((line) => line.trim().replace(/ {2,}/, ": "));
    for (const { name, summary } of commandTable) expect(lines).toContain(`${name}: ${summary}`);
    expect((await run("-h")).stdout.trimEnd()).toBe(help);
  });

  test.each(commandTable.map((entry) => [entry.name, entry] as const))(
    "of %s shows its usage and every argument and option it takes",
    async (name, entry) => {
      const { exitCode, stdout, stderr } = await run(...name.split(" "), "--help");
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      expect(stdout).toContain(`Usage: ${PROGRAM_NAME} ${name}`);
      expect(stdout.replaceAll(PROGRAM_NAME, "")).not.toContain("integrationsync ");
      const command = await entry.load();
      for (const argument of Object.keys(command.arguments)) expect(stdout).toContain(`<${argument}>`);
      for (const [option, { value }] of Object.entries(command.options))
        expect(stdout).toContain(value ? `--${option} <${value}>` : `--${option}`);
    },
  );

  test("of serve lists the environment variables with their defaults", async () => {
    const help = await succeed(folder, ["serve", "--help"]);
    expect(help).toContain("  PORT\n      Port to listen on. 0 takes any free one and prints it. Default: 3000.\n");
    expect(help).toContain("  ENCRYPTION_KEY\n");
  });

  test("of a group lists its commands", async () => {
    expect(await succeed(folder, ["api-key", "--help"])).toContain("api-key create");
  });

  test("works with a broken configuration", async () => {
    expect((await runCli(folder, ["--help"], { env: { PORT: "abc" } })).exitCode).toBe(0);
  });
});

test("--version prints the version alone", async () => {
  expect(await run("--version")).toEqual({ exitCode: 0, stdout: `${manifest.version}\n`, stderr: "" });
});

describe("wrong usage ends with 2 and says what to type", () => {
  test.each<[string[], string]>([
    [["srve"], 'Did you mean "serve"?'],
    [["tennant", "create", "acme"], 'Did you mean "tenant"?'],
    [["quux"], 'There is no command "quux"'],
    [["tenant"], '"tenant" needs one of: create, list'],
    [["tenant", "--json"], '"tenant" needs one of: create, list'],
    [["tenant", "craete", "acme"], 'Did you mean "tenant create"?'],
    [["tenant", "explode"], "There are: create, list"],
    [["tenant", "create"], "<slug> is missing"],
    [["tenant", "create", "acme", "beta"], '"beta" is one argument too many'],
    [["tenant", "list", "--jsno"], "Did you mean --json?"],
    [["tenant", "list", "--json=yes"], "--json takes no value"],
    [["api-key", "create", "--tenant", "acme"], "--name <name> is missing"],
    [["api-key", "create", "--tenant", "--name", "x"], "--tenant needs a value"],
    [["api-key", "create", "--tenant"], "--tenant needs a value"],
    [["api-key", "create", "--tenant", "a", "--name", "x", "--scopes", "read,admin"], '--scopes has "admin"'],
    [["api-key", "create", "--tenant", "a", "--name", "x", "--expires", "90 days"], '--expires is "90 days"'],
    [["serve", "now"], '"now" is one argument too many'],
    [["--port", "3000"], "There is no option --port"],
    [["backup"], "<file> is missing"],
    [["__proto__"], 'There is no command "__proto__"'],
    [["tenant", "list", "--__proto__", "x"], "There is no option --__proto__"],
  ])("%j: %s", async (args, message) => {
    const { exitCode, stdout, stderr } = await run(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/\nSee: .*--help\n$/);
  });
});

describe("commands of later versions say so and end with 1", () => {
  test.each([["connector add ./folder"], ["license show --json"], ["license activate KEY"]])("%s", async (line) => {
    const { exitCode, stdout, stderr } = await run(...line.split(" "));
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toStartWith("Not available yet. ");
  });
});
