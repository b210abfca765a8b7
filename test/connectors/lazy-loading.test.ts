import { expect, test } from "bun:test";
import { join } from "node:path";

/** Starts the server and says which files of connectors were loaded by then, and after their list was shown. */
const PROGRAM = `
import { plugin } from "bun";
const loaded = [];
plugin({
  name: "watch",
  setup(build) {
    build.onLoad({ filter: /\\/arctic\\/dist\\/index\\.js$/ }, async ({ path }) => {
      loaded.push("arctic");
      return { contents: await Bun.file(path).text(), loader: "js" };
    });
    build.onLoad({ filter: /\\/connectors\\/[a-z-]+\\/.*\\.ts$/ }, async ({ path }) => {
      loaded.push(path.slice(path.lastIndexOf("/connectors/") + "/connectors/".length));
      return { contents: await Bun.file(path).text(), loader: "ts" };
    });
  },
});
const { startApp } = await import("./test/start-app.ts");
const started = await startApp();
await fetch(started.url + "/healthz");
const atStart = [...loaded];
await started.app.services.connectors.list({ limit: 200, cursor: null });
console.log(JSON.stringify({ atStart, whenListed: loaded }));
await started.stop();
process.exit(0);
`;

test("a connector is not loaded before it is looked at, and its actions and triggers not before they are used", async () => {
  const child = Bun.spawn([process.execPath, "-e", PROGRAM], {
    cwd: join(import.meta.dir, "../.."),
    stdout: "pipe",
    stderr: "inherit",
  });
  const { atStart, whenListed } = JSON.parse(await new Response(child.stdout).text());
  expect(atStart).toEqual([]);
  expect(whenListed).toContain("github/definition.ts");
  // Its classes come with their connectors, and with whoever consents or refreshes.
  expect(whenListed).not.toContain("arctic");
  expect(whenListed.filter((path: string) => /\/(?:actions|triggers|choices)\//.test(path))).toEqual([]);
}, 60_000);
