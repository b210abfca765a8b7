import { afterAll, beforeAll, expect, test } from "bun:test";
import { type StartedUi, startUi } from "../browser/start-ui.ts";
import { entriesOfForm } from "../html-form.ts";

/** Light or dark as somebody has chosen for their browser, without a script. */
let ui: StartedUi;
beforeAll(async () => {
  ui = await startUi();
}, 60_000);
afterAll(() => ui.stop());

const cookies = (more: string) =>
  `${Object.entries(ui.owner)
    .map((pair) => pair.join("="))
    .join("; ")}; ${more}`;
async function open(theme: string, path = "/account"): Promise<string> {
  return (await fetch(ui.url + path, { headers: { accept: "text/html", cookie: cookies(`theme=${theme}`) } })).text();
}
async function choose(theme: string): Promise<Response> {
  const [, csrf = ""] = (await entriesOfForm(await open(""))).find(([name]) => name === "_csrf") ?? [];
  return fetch(`${ui.url}/account/theme`, {
    method: "POST",
    redirect: "manual",
    headers: { origin: ui.url, cookie: cookies("") },
    body: new URLSearchParams({ _csrf: csrf, theme }),
  });
}
const cookieOf = (response: Response) => response.headers.getSetCookie().find((each) => each.startsWith("theme="));

test("what is chosen stays in the browser, for every page, those before signing in too", async () => {
  const chosen = await choose("dark");
  expect([chosen.status, chosen.headers.get("location")]).toEqual([303, "/account#appearance-card"]);
  expect(cookieOf(chosen)).toMatch(/^theme=dark; Max-Age=31536000; Path=\/; HttpOnly; SameSite=Lax$/);
  const page = await open("dark");
  expect(page).toContain('data-theme="dark"');
  expect(page).toContain('<meta name="color-scheme" content="dark"');
  expect(page).toMatch(/value="dark" aria-pressed="true"/);
  const signIn = await fetch(`${ui.url}/sign-in`, { headers: { cookie: "theme=light" } });
  expect(await signIn.text()).toContain('data-theme="light"');
});

test("as the system has it forgets the choice, and anything else is no choice", async () => {
  expect(cookieOf(await choose("system"))).toStartWith("theme=; Max-Age=0;");
  expect(cookieOf(await choose('"><script>'))).toStartWith("theme=; Max-Age=0;");
  for (const none of ["", "system", "blue", '"><script>']) {
    const page = await open(none);
    expect(page).not.toContain("data-theme");
    expect(page).toMatch(/value="system" aria-pressed="true"/);
  }
});
