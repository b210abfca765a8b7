/**
 * The import table of DESIGN §1, one rule a row, plus: no cycles. `bun run check:imports` runs it,
 * `test/tooling/import-table.test.ts` holds that each rule can fail. Type-only imports count like any other.
 *
 * Tests (`*.test.ts`, `*.test.tsx`, everything under `test/` and a connector's `testing/`) may import whatever they
 * test, so they are exempt as importers, but no other file may import one of them.
 */
const TESTS = String.raw`\.test\.tsx?$|^test/|^connectors/[^/]+/testing/`;
const OUR_FILES = "^(?:src|connectors|views|migrations|test)/";
const PACKAGES = "node_modules/";
/** Everything in `src/` that is not one of the other rows is a flow; its name is the first group. */
const FLOW = "^src/(?!(?:app|domain|platform|connector-sdk|backend|http|paid|cli)/)([^/]+)/";
/** What the table gives to every flow. */
const GROUND = "^src/(?:domain|platform|connector-sdk)/";

/** Files under `from` may import of our own files only those under `mayImport` (`$1` is the first group of `from`). */
function row(name, comment, from, mayImport) {
  return {
    name,
    comment,
    severity: "error",
    from: { path: from, pathNot: TESTS },
    to: { path: OUR_FILES, pathNot: mayImport },
  };
}

/** Files matching `to` may be imported by files under `onlyFrom` alone (`$1` there would be a group of `from`). */
function importedOnlyBy(name, comment, to, onlyFrom) {
  return { name, comment, severity: "error", from: { pathNot: `${TESTS}|${onlyFrom}` }, to: { path: to } };
}

module.exports = {
  forbidden: [
    row("platform", "platform imports built-ins and npm packages only", "^src/platform/", "^src/platform/"),
    row("domain", "domain imports only itself", "^src/domain/", "^src/domain/"),
    {
      name: "domain-packages",
      comment: "domain may use the schema library (zod) and the linear-time regular expressions (re2js); no built-ins",
      severity: "error",
      from: { path: "^src/domain/", pathNot: TESTS },
      to: { pathNot: `${OUR_FILES}|${PACKAGES}(?:zod|re2js)/` },
    },
    row(
      "connector-sdk",
      "connector-sdk imports domain, platform and npm packages",
      "^src/connector-sdk/",
      "^src/(?:connector-sdk|domain|platform)/",
    ),
    row(
      "connector",
      "a connector imports the connector-sdk, its own folder and npm packages: it is added by copying one folder",
      "^connectors/([^/]+)/",
      "^src/connector-sdk/|^connectors/$1/",
    ),
    row(
      "connector-registry",
      "the files beside the connectors' folders (the generated registry and its generator) import connectors and the SDK",
      "^connectors/[^/]+$",
      "^src/connector-sdk/|^connectors/",
    ),
    {
      name: "connector-names",
      comment: "nothing outside a connector's folder learns its name, but the generated registry",
      severity: "error",
      from: { path: "^(?:(?:src|views|migrations)/|connectors/(?!registry\\.generated\\.ts$)[^/]+$)", pathNot: TESTS },
      to: { path: "^connectors/[^/]+/" },
    },
    {
      name: "migrations",
      comment: "migrations import nothing",
      severity: "error",
      from: { path: "^migrations/", pathNot: TESTS },
      to: { pathNot: "^migrations/" },
    },
    row(
      "flow",
      "a flow imports domain, platform and connector-sdk, never another flow: abilities come in as functions from app.ts",
      FLOW,
      `${GROUND}|^src/$1/`,
    ),
    row(
      "backend",
      "an adapter imports domain, platform, migrations and the rows it has in common with the other, never the other",
      "^src/backend/([^/]+)/",
      "^src/(?:domain|platform|backend/$1|backend/rows)/|^migrations/",
    ),
    row(
      "backend-open",
      "what stands beside the adapters (open.ts) chooses between them",
      "^src/backend/[^/]+$",
      "^src/(?:domain|platform|backend)/|^migrations/",
    ),
    importedOnlyBy(
      "backend-contract",
      "the contract suite is for the adapters' tests",
      "^src/backend/contract/",
      "^src/backend/contract/",
    ),
    row("views", "views import domain types and views", "^views/", "^src/domain/|^views/"),
    {
      name: "views-domain-types",
      comment: "of domain, views import types only: a view takes plain data and decides nothing",
      severity: "error",
      from: { path: "^views/", pathNot: TESTS },
      to: { path: "^src/domain/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "views-packages",
      comment: "views render: beside the JSX runtime they need no package and no built-in",
      severity: "error",
      from: { path: "^views/", pathNot: TESTS },
      to: { pathNot: `${OUR_FILES}|${PACKAGES}(?:@elysiajs/html|@kitajs/html)/` },
    },
    row(
      "http",
      "http imports flows, domain, platform and views",
      "^src/http/",
      "^src/(?!(?:backend|paid|connector-sdk|cli)/)[^/]+/|^views/",
    ),
    row(
      "paid",
      "paid imports all of src but app, main and backend",
      "^src/paid/",
      "^src/(?!(?:app(?:\\.ts)?|main\\.ts|backend|cli)(?:/|$))",
    ),
    importedOnlyBy("paid-from-app", "only app.ts imports src/paid", "^src/paid/", "^src/(?:app\\.ts$|paid/)"),
    importedOnlyBy(
      "cli-from-main",
      "src/cli holds main.ts's commands; like main.ts they wire, so they import everything and nothing imports them",
      "^src/cli/",
      "^src/(?:main\\.ts$|cli/)",
    ),
    row(
      "root-files",
      "beside app.ts and main.ts, which import everything, the files at the top of src are leaves over the ground",
      "^src/(?!(?:app|main)\\.ts$)[^/]+$",
      `${GROUND}|^src/engine/`,
    ),
    importedOnlyBy(
      "app-parts-from-app",
      "src/app holds the parts of app.ts; like it they import everything, and only what starts the product imports them",
      "^src/app/",
      "^src/(?:app\\.ts$|app/|main\\.ts$)",
    ),
    importedOnlyBy(
      "root-files-from-app",
      "what is wired (app.ts, config.ts, …) does not know who wires it",
      "^src/[^/]+$",
      "^src/(?:app\\.ts$|app/|main\\.ts$|cli/)",
    ),
    {
      name: "no-tests-in-product",
      comment: "the product does not import its tests",
      severity: "error",
      from: { pathNot: TESTS },
      to: { path: TESTS },
    },
    {
      name: "no-dev-dependency-in-product",
      comment: "`start` installs production dependencies only",
      severity: "error",
      from: { path: "^(?:src|connectors|views|migrations)/", pathNot: `${TESTS}|^src/backend/contract/` },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"] },
    },
    {
      name: "no-unresolvable",
      comment: "an import that leads nowhere would slip past every rule above",
      severity: "error",
      from: {},
      to: { couldNotResolve: true, pathNot: "^bun(?::|$)" },
    },
    {
      name: "no-circular",
      comment: "no cycles, not even of types",
      severity: "error",
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(?:dist|data)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["bun", "import", "require", "node", "default"] },
    reporterOptions: { text: { highlightFocused: false } },
  },
};
