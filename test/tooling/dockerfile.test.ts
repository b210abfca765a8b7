import { expect, test } from "bun:test";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };

/**
 * No Docker engine runs where the tests do, so the image is held to what was tested: it is built by the same command
 * as `dist/integrationsync`, and what is set around the binary agrees with the compose file.
 */
const REPOSITORY = join(import.meta.dir, "../..");
const dockerfile = await read("Dockerfile");
const stages = readStages(dockerfile);
const [build, final] = stages as [Stage, Stage];

interface Stage {
  readonly from: string;
  readonly instructions: readonly (readonly [name: string, value: string])[];
}

test("the binary in the image is made by the package's build script and nothing else", () => {
  expect(stages).toHaveLength(2);
  expect(values(build, "RUN")).toEqual(["bun run build"]);
  expect(manifest.scripts.build).toStartWith("bun install --frozen-lockfile && ");
  expect(manifest.scripts.build).toContain("--outfile=dist/integrationsync ");
  expect(values(final, "COPY")).toContain(
    "--from=build /integrationsync/dist/integrationsync /usr/local/bin/integrationsync",
  );
});

test("the build stage sees every file of the repository", async () => {
  expect(values(build, "COPY")).toEqual([". ."]);
  const ignored = (await read(".dockerignore")).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const tracked = Bun.spawnSync(["git", "ls-files"], { cwd: REPOSITORY }).stdout.toString().trim().split("\n");
  const left = tracked.filter((file) => ignored.some((pattern) => new Bun.Glob(`${pattern}{,/**}`).match(file)));
  expect(left).toEqual([]);
});

test("the image, CI, the documentation and the types name the version of Bun that runs this test", async () => {
  const image = /^oven\/bun:(\S+)-slim AS build$/.exec(build.from)?.[1];
  const files = [".ci/run", ...new Bun.Glob("{README.md,docs/**/*.md}").scanSync(REPOSITORY)];
  const texts = await Promise.all(files.map(read));
  const commands = texts.flatMap((text) => [...text.matchAll(/\bbun@([\d.]+\d)/g)].map((match) => match[1]));
  const named = [image, ...commands, manifest.devDependencies["@types/bun"]];
  expect(new Set(named)).toEqual(new Set([Bun.version]));
});

test("no base image is whatever is newest", () => {
  for (const stage of stages) expect(stage.from).toMatch(/^[^:]+:(?!latest)\S+/);
});

test("the server runs without root, keeps its data in the volume, and stops on SIGTERM", () => {
  expect(values(final, "USER")).toEqual(["10001:10001"]);
  expect(values(final, "RUN")).toEqual(["install -d -o 10001 -g 10001 -m 0700 /data"]);
  expect(values(final, "VOLUME")).toEqual(["/data"]);
  expect(values(final, "ENV").join(" ").split(/\s+/)).toEqual(["DATA_DIR=/data", "HOST=0.0.0.0", "PORT=3000"]);
  expect(values(final, "EXPOSE")).toEqual(["3000"]);
  expect(values(final, "STOPSIGNAL")).toEqual(["SIGTERM"]);
  expect(values(final, "ENTRYPOINT")).toEqual(['["/usr/local/bin/integrationsync"]']);
  expect(values(final, "CMD")).toEqual(['["serve"]']);
});

test("the compose file checks health as the image does and keeps the data in a named volume", async () => {
  const compose = Bun.YAML.parse(await read("docker/compose.yaml")) as Compose;
  const service = compose.services.integrationsync;
  const [kind, ...command] = service.healthcheck.test;
  expect(kind).toBe("CMD");
  expect(values(final, "HEALTHCHECK")[0]).toEndWith(`CMD ${JSON.stringify(command).replaceAll(",", ", ")}`);
  expect(service.volumes).toEqual(["data:/data"]);
  expect(Object.keys(compose.volumes)).toEqual(["data"]);
  expect(service.ports[0]).toEndWith(`:${values(final, "EXPOSE")[0]}`);
  expect(service.restart).toBe("unless-stopped");
});

interface Compose {
  readonly services: {
    readonly integrationsync: {
      readonly healthcheck: { readonly test: readonly string[] };
      readonly volumes: readonly string[];
      readonly ports: readonly [string];
      readonly restart: string;
    };
  };
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** Instructions by stage, continued lines joined, comments left out. */
function readStages(text: string): Stage[] {
  const lines = text
    .replaceAll(/^#.*\n/gm, "")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n");
  const instructions = lines.filter((line) => line !== "").map((line) => [/^\S+/.exec(line)?.[0], line] as const);
  const found: { from: string; instructions: [string, string][] }[] = [];
  for (const [name = "", line] of instructions) {
    const value = line.slice(name.length).trim();
    if (name === "FROM") found.push({ from: value, instructions: [] });
    else found.at(-1)?.instructions.push([name, value]);
  }
  return found;
}

function values(stage: Stage, name: string): string[] {
  return stage.instructions.filter(([each]) => each === name).map(([, value]) => value);
}

function read(path: string): Promise<string> {
  return Bun.file(join(REPOSITORY, path)).text();
}
