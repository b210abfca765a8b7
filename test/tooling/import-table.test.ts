import { afterAll, beforeAll, expect, test } from "bun:test";
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";

const ALLOWED = "allowed";

/**
 * Holds the rules of `.dependency-cruiser.cjs` to the table of DESIGN §1: a made-up tree with one import a case is
 * cruised once with the project's own configuration, and each case says which rule must complain.
 */
const CASES: readonly (readonly [from: string, imports: string, verdict: string])[] = [
  ["src/platform/clock.ts", "node:crypto", ALLOWED],
  ["src/platform/clock-a.ts", "zod", ALLOWED],
  ["src/platform/clock-b.ts", "src/domain/run.ts", "platform"],
  ["src/domain/retry.ts", "src/domain/run.ts", ALLOWED],
  ["src/domain/retry-a.ts", "zod", ALLOWED],
  ["src/domain/retry-b.ts", "src/platform/ids.ts", "domain"],
  ["src/domain/retry-c.ts", "elysia", "domain-packages"],
  ["src/domain/retry-d.ts", "node:fs", "domain-packages"],
  ["src/domain/retry-e.ts", "bun:sqlite", "domain-packages"],
  ["src/connector-sdk/action-a.ts", "src/domain/run.ts", ALLOWED],
  ["src/connector-sdk/action-b.ts", "src/engine/run-workflow.ts", "connector-sdk"],
  ["connectors/http/request-a.ts", "src/connector-sdk/action.ts", ALLOWED],
  ["connectors/http/request-b.ts", "connectors/http/definition.ts", ALLOWED],
  ["connectors/http/request-c.ts", "zod", ALLOWED],
  ["connectors/http/request-d.ts", "connectors/slack/definition.ts", "connector"],
  ["connectors/http/request-e.ts", "src/domain/run.ts", "connector"],
  ["connectors/registry.generated.ts", "connectors/http/definition.ts", ALLOWED],
  ["connectors/other-file.ts", "connectors/http/definition.ts", "connector-names"],
  ["connectors/generator.ts", "src/platform/ids.ts", "connector-registry"],
  ["src/engine/choose-a.ts", "connectors/http/definition.ts", "connector-names"],
  ["migrations/index.ts", "node:path", "migrations"],
  ["migrations/other.ts", "src/domain/run.ts", "migrations"],
  ["src/engine/accept-a.ts", "src/domain/run.ts", ALLOWED],
  ["src/engine/accept-b.ts", "src/connector-sdk/action.ts", ALLOWED],
  ["src/engine/steps/accept-c.ts", "src/engine/run-workflow.ts", ALLOWED],
  ["src/engine/accept-d.ts", "src/connections/open-credential.ts", "flow"],
  ["src/engine/accept-e.ts", "src/backend/sqlite/open-sqlite.ts", "flow"],
  ["src/engine/accept-f.ts", "src/config.ts", "flow"],
  ["src/a-later-flow/start.ts", "src/engine/run-workflow.ts", "flow"],
  ["src/backend/sqlite/run-a.ts", "migrations/folder.ts", ALLOWED],
  ["src/backend/sqlite/run-b.ts", "src/backend/postgres/open-postgres.ts", "backend"],
  ["src/backend/sqlite/run-c.ts", "src/engine/run-workflow.ts", "backend"],
  ["src/backend/sqlite/run-e.ts", "src/backend/rows/run-row.ts", ALLOWED],
  ["src/backend/rows/run-f.ts", "src/backend/sqlite/open-sqlite.ts", "backend"],
  ["src/backend/sqlite/run-d.ts", "src/backend/contract/run-contract.ts", "backend-contract"],
  ["src/backend/sqlite/contract.test.ts", "src/backend/contract/run-contract.ts", ALLOWED],
  ["src/backend/open.ts", "src/backend/postgres/open-postgres.ts", ALLOWED],
  ["src/backend/open-other.ts", "src/engine/run-workflow.ts", "backend-open"],
  ["views/page-a.tsx", "views/layout.tsx", ALLOWED],
  ["views/page-b.tsx", "type src/domain/run.ts", ALLOWED],
  ["views/page-c.tsx", "src/domain/run.ts", "views-domain-types"],
  ["views/page-d.tsx", "src/platform/ids.ts", "views"],
  ["views/page-e.tsx", "@elysiajs/html", ALLOWED],
  ["views/page-f.tsx", "elysia", "views-packages"],
  ["src/http/route-a.ts", "views/layout.tsx", ALLOWED],
  ["src/http/route-b.ts", "src/engine/run-workflow.ts", ALLOWED],
  ["src/http/route-c.ts", "src/backend/sqlite/open-sqlite.ts", "http"],
  ["src/http/route-d.ts", "src/connector-sdk/action.ts", "http"],
  ["src/paid/seats.ts", "src/engine/run-workflow.ts", ALLOWED],
  ["src/paid/seats-a.ts", "src/backend/open-any.ts", "paid"],
  ["src/paid/seats-b.ts", "views/layout.tsx", "paid"],
  ["src/engine/accept-g.ts", "src/paid/seats.ts", "paid-from-app"],
  ["src/app.ts", "src/paid/seats.ts", ALLOWED],
  ["src/app.ts", "src/app/wire-a.ts", ALLOWED],
  ["src/app/wire-a.ts", "src/engine/run-workflow.ts", ALLOWED],
  ["src/app/wire-a.ts", "src/backend/open-any.ts", ALLOWED],
  ["src/http/route-f.ts", "src/app/wire-a.ts", "app-parts-from-app"],
  ["src/main.ts", "src/app.ts", ALLOWED],
  ["src/main-a.ts", "src/cli/serve.ts", "cli-from-main"],
  ["src/cli/serve.ts", "src/app.ts", ALLOWED],
  ["src/cli/serve-a.ts", "src/backend/open.ts", ALLOWED],
  ["src/cli/serve-b.ts", "src/paid/seats.ts", "paid-from-app"],
  ["src/config.ts", "src/http/route-b.ts", "root-files"],
  ["src/http/route-e.ts", "src/app.ts", "root-files-from-app"],
  ["src/engine/accept-h.ts", "src/engine/accept-h.test.ts", "no-tests-in-product"],
  ["src/engine/accept-i.ts", "test/whole-flow.ts", "no-tests-in-product"],
  ["test/whole-flow.ts", "src/backend/sqlite/open-sqlite.ts", ALLOWED],
  ["src/engine/accept-j.ts", "fast-check", "no-dev-dependency-in-product"],
  ["src/engine/accept-j.test.ts", "fast-check", ALLOWED],
  ["src/engine/accept-k.ts", "src/engine/not-there.ts", "no-unresolvable"],
  ["src/engine/circle-a.ts", "src/engine/circle-b.ts", "no-circular"],
  ["src/engine/circle-b.ts", "type src/engine/circle-a.ts", "no-circular"],
];
const MISSING = "src/engine/not-there.ts";
const REPOSITORY = join(import.meta.dir, "../..");

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
  /** A cycle is reported once, for one of its files. */
  readonly cycle?: readonly { readonly name: string }[];
}

let tree = "";
let violations: readonly Violation[] = [];

beforeAll(async () => {
  tree = await mkdtemp(join(tmpdir(), "import-table-"));
  await symlink(join(REPOSITORY, "node_modules"), join(tree, "node_modules"));
  for (const file of ["package.json", "tsconfig.json", ".dependency-cruiser.cjs"]) {
    await cp(join(REPOSITORY, file), join(tree, file));
  }
  const imported = CASES.map(([, imports]) => imports.replace("type ", "")).filter((path) => path.includes(".ts"));
  for (const path of imported) if (path !== MISSING) await write(path, "");
  for (const [from, imports] of CASES) await write(from, importStatement(from, imports));
  const command = ["run", "--bun", "depcruise", ".", "-T", "json"];
  const { stdout } = Bun.spawnSync([process.execPath, ...command], { cwd: tree, stderr: "inherit" });
  violations = (JSON.parse(stdout.toString()) as { summary: { violations: Violation[] } }).summary.violations;
}, 60_000);

afterAll(() => rm(tree, { recursive: true, force: true }));

test.each(CASES.map((row) => [...row]))("%s importing %s: %s", (from, _imports, verdict) => {
  const broken = violations.filter((each) => each.from === from || each.cycle?.some((file) => file.name === from));
  const rules = broken.map((violation) => violation.rule.name);
  if (verdict === ALLOWED) expect(rules).toEqual([]);
  else expect(rules).toContain(verdict);
});

test("every rule has a case that breaks it", async () => {
  const { forbidden } = (await import(join(REPOSITORY, ".dependency-cruiser.cjs"))).default as {
    forbidden: { name: string }[];
  };
  const shown = new Set(CASES.map(([, , verdict]) => verdict));
  expect(forbidden.map((rule) => rule.name).filter((name) => !shown.has(name))).toEqual([]);
});

/** `type x` imports a type only; a path of ours becomes relative, anything else is a package or a built-in. */
function importStatement(from: string, imports: string): string {
  const isType = imports.startsWith("type ");
  const path = imports.replace("type ", "");
  const ours = /^(?:src|connectors|views|migrations|test)\//.test(path);
  const direct = relative(dirname(from), path);
  const specifier = !ours ? path : direct.startsWith(".") ? direct : `./${direct}`;
  return isType ? `import type {} from "${specifier}";\n` : `import "${specifier}";\n`;
}

async function write(path: string, text: string): Promise<void> {
  const file = join(tree, path);
  await mkdir(dirname(file), { recursive: true });
  await Bun.write(file, text);
}
