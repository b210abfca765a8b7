import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { permissionsOf, ROLES, type Role } from "../../src/domain/permission.ts";
import { pages } from "../../src/http/ui/pages.ts";
import { type Cookies, type StartedUi, startUi } from "../browser/start-ui.ts";

/** What holds for every page there is: who may open it, what it takes from where, how it is sent. */
let ui: StartedUi;
const people = new Map<Role, Cookies>();

beforeAll(async () => {
  ui = await startUi();
  for (const role of ROLES) people.set(role, await ui.signInAs(role));
}, 60_000);
afterAll(() => ui.stop());

const pathOf = (path: string) => path.replace(/:\w+/g, "some_id");
const cookieOf = (cookies: Cookies) =>
  Object.entries(cookies)
    .map(([name, value]) => `${name}=${value}`)
    .join("; ");

function ask(method: string, path: string, cookies: Cookies = {}, headers: Record<string, string> = {}) {
  return fetch(ui.url + pathOf(path), {
    method,
    redirect: "manual",
    headers: {
      accept: "text/html",
      cookie: cookieOf(cookies),
      ...(method === "POST" && { origin: ui.url }),
      ...headers,
    },
    ...(method === "POST" && { body: new URLSearchParams({ a: "b" }) }),
  });
}
const listed = pages.map((route) => [route.method, route.path, route] as const);
const guarded = listed.filter(([, , { access }]) => access !== "anyone");
const changing = listed.filter(([method]) => method === "POST");

test.each(listed)("%s %s: nothing is kept by the browser, framed, guessed or run inline", async (method, path) => {
  const { headers } = await ask(method, path);
  expect(headers.get("cache-control")).toBe("no-store");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  const policy = headers.get("content-security-policy") ?? "";
  for (const rule of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"])
    expect(policy).toContain(rule);
  expect(policy).not.toContain("unsafe");
});

describe("without a session", () => {
  test.each(guarded)("%s %s leads to where one signs in", async (method, path) => {
    const response = await ask(method, path);
    expect(response.status).toBe(303);
    expect(response.headers.get("location")).toStartWith("/sign-in");
    await response.body?.cancel();
  });
});

describe("by role", () => {
  test.each(guarded.filter(([, , { access }]) => access !== "signed_in"))("%s %s", async (method, path, { access }) => {
    for (const role of ROLES) {
      const may = (permissionsOf(role) as ReadonlySet<string>).has(access);
      const response = await ask(method, path, people.get(role));
      const text = response.headers.get("content-type")?.includes("event-stream") ? "" : await response.text();
      if (text === "") await response.body?.cancel();
      // Whoever may comes as far as the form's token, or to whatever the page says of an id that there is not.
      if (may && method === "GET") expect([role, response.status]).not.toEqual([role, 403]);
      else expect([role, response.status]).toEqual([role, 403]);
    }
  });
});

describe("a form", () => {
  test.each(changing)("for %s %s from another site is refused, with a session and without", async (method, path) => {
    for (const headers of [
      { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
      { origin: "null" },
      { "sec-fetch-site": "same-site" },
    ])
      for (const cookies of [{}, people.get("owner")])
        expect((await ask(method, path, cookies, headers)).status).toBe(403);
  });

  test.each(changing)("for %s %s without the session's token is refused", async (method, path) => {
    const response = await ask(method, path, people.get("owner"));
    expect(response.status).toBe(403);
    expect(await response.text()).toContain("Reload it");
  });
});
