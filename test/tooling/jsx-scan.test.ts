import { afterAll, beforeAll, expect, test } from "bun:test";
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findJsxSuppressions } from "./jsx-suppressions.ts";

const REPOSITORY = join(import.meta.dir, "../..");
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "jsx-scan-"));
  await mkdir(join(folder, "views"));
  await symlink(join(REPOSITORY, "node_modules"), join(folder, "node_modules"));
  await cp(join(REPOSITORY, "tsconfig.json"), join(folder, "tsconfig.json"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** The exit code of xss-scan over a view whose body is `jsx`, with a text `text` and a flag `flag` in scope. */
async function scan(jsx: string): Promise<number> {
  const view = `export const View = ({ text, flag }: { text: string; flag: boolean }): JSX.Element => ${jsx};\n`;
  await Bun.write(join(folder, "views/view.tsx"), `import "@elysiajs/html";\n${view}`);
  return Bun.spawnSync([process.execPath, "run", "xss-scan"], { cwd: folder }).exitCode;
}

test("escaped text passes the scan", async () => {
  expect(await scan("<p safe>{text}</p>")).toBe(0);
}, 30_000);

test("unescaped text fails the scan", async () => {
  expect(await scan("<p>{text}</p>")).toBe(1);
}, 30_000);

test("unescaped text in the first arm of a ternary fails the scan, which needs our patch of the scanner", async () => {
  expect(await scan(`<p>{flag ? text : ""}</p>`)).toBe(1);
}, 30_000);

test.each([
  ["a name that begins with safe", "const safeText = text; <p>{safeText}</p>;"],
  ["a cast to safe", `<p>{text as "safe"}</p>`],
  ["a cast to an element", "const element = text as JSX.Element; <p>{element}</p>;"],
  ["an expression in a script", "<script>{text}</script>"],
  ["a function that is only called like an escaping one", "<p>{escapeNothing(text)}</p>"],
  ["a template tag that is only called like the escaping one", "<p>{e`text`}</p>"],
])("%s does not vouch for unescaped text", (_what, source) => {
  expect(findJsxSuppressions("view.tsx", source)).not.toEqual([]);
});

test("the safe attribute, escapeHtml and safeParse are no suppressions", () => {
  const source = "<p><b safe>{text}</b>{Html.escapeHtml(text)}{schema.safeParse(text)}<script src={url} /></p>";
  expect(findJsxSuppressions("view.tsx", source)).toEqual([]);
});
