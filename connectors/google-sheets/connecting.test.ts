import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { signInPerson } from "../../test/connectors/sign-in-person.ts";
import type { FlowWorld } from "../../test/flows/flow-world.ts";
import { until } from "../../test/until.ts";
import { GOOGLE_CLIENT, type Google, type GoogleWorld, openGoogleWorld } from "./testing/google.ts";

/*
 * A Google account's consent through the whole server and its real pages: an hour at a time, one refresh token for all
 * of it, taken back by its owner, given again, and given back.
 */

const MINUTE_MS = 60_000;
let opened: GoogleWorld;
let google: Google;
let world: FlowWorld;

beforeAll(async () => {
  opened = await openGoogleWorld();
  ({ google, world } = opened);
}, 60_000);
afterEach(() => expect(opened.problems()).toEqual([]));
afterAll(() => opened.close());

test("a consent lasts: refreshed when due and when refused, parked when taken back, goes on after another one, given back in the end", async () => {
  const person = await signInPerson(world.app, world.scope);
  const chosen = await person.open("/connections/new/google-sheets");
  expect(chosen.html).toContain("/oauth/callback/google");
  const connected = await person.submit(chosen, "/connections/new/google-sheets/oauth", { name: "Orders account" });
  const id = connected.url.pathname.replace("/connections/", "");
  const { connections } = world.app.app.services;
  expect(connected.url.search).toBe("");
  expect(connected.html).toContain("Google Sheets · ada@example.com");
  expect(connected.html).toContain("https://www.googleapis.com/auth/spreadsheets");
  const [asked] = google.peers.accounts.calls;
  expect(asked).toMatchObject({
    path: "/o/oauth2/v2/auth",
    headers: { host: "accounts.google.com" },
    query: { client_id: GOOGLE_CLIENT.id, access_type: "offline", prompt: "consent", code_challenge_method: "S256" },
  });
  const made = await connections.find(world.scope, id);
  expect(made).toMatchObject({ state: "ready", account: { id: "0123", label: "ada@example.com" } });
  const now = world.clock.now();
  expect(Math.round(((made.expiresAt ?? 0) - now) / MINUTE_MS)).toBe(60);
  // Six minutes ahead, and up to a fifth of that earlier.
  expect((made.refreshAt ?? 0) - now).toBeWithin(52 * MINUTE_MS, 54.1 * MINUTE_MS);
  expect(connected.html).toMatch(/Next refresh[\s\S]*?<time/);

  const input = { spreadsheet: "sheet-1", sheet: "Orders", values: { Order: "1001", Total: 25 } };
  const step = { id: "add", kind: "action", connector: "google-sheets", action: "append_row", connection: id, input };
  const workflow = await world.publish({ steps: [step] });
  expect(await world.settled(await workflow.start())).toMatchObject({ status: "succeeded", output: { row: 2 } });

  // An hour passes: it is refreshed without anybody asking for it.
  expect(google.grants()).toEqual(["authorization_code"]);
  world.clock.jump(54.2 * MINUTE_MS);
  // Until it is stored: a token that is refused before that is another story.
  await until("the new token is stored", async () => (await connections.find(world.scope, id)).generation === 2);
  expect(google.grants()).toEqual(["authorization_code", "refresh_token"]);
  expect(await world.settled(await workflow.start())).toMatchObject({ status: "succeeded", output: { row: 3 } });

  // Google refuses the token before its time: one forced refresh, no attempt lost.
  google.endAccess();
  const renewed = await world.settled(await workflow.start());
  expect(renewed).toMatchObject({ status: "succeeded", output: { row: 4 }, steps: [{ attempts: 1 }] });
  expect(google.grants()).toHaveLength(3);
  expect(google.peers.sheets.calls.at(-1)?.headers.authorization).toBe(`Bearer ${google.given.at(-1)}`);

  google.revoke();
  const parked = [await workflow.start(), await workflow.start()];
  for (const run of parked) await world.until(run, ({ waitingFor }) => waitingFor === "connection");
  // A run is counted once it has let go of itself, a moment after it is seen waiting.
  const broken = await until("both runs are counted", async () => {
    const page = await person.open(`/connections/${id}`);
    return page.html.includes("2 runs wait for it") && page;
  });
  expect(broken.html).toContain("Somebody has to reconnect it");
  const again = await person.submit(broken, `/connections/${id}/reconnect`);
  expect(again.html).toContain("Reconnected. Runs that waited go on.");
  for (const run of parked) expect(await world.settled(run)).toMatchObject({ status: "succeeded" });
  expect(google.rows.map(([order]) => order)).toEqual(["Order", "1001", "1001", "1001", "1001", "1001"]);

  await world.api("DELETE", `/workflows/${workflow.id}`);
  const page = await person.open(`/connections/${id}`);
  expect((await person.submit(page, `/connections/${id}/delete`)).html).toContain("The connection is deleted.");
  const revocation = () => google.peers.accounts.calls.find(({ path }) => path === "/revoke");
  await until("the grant is given back", () => revocation() !== undefined);
  const refreshToken = google.given.filter((token) => token.startsWith("1//")).at(-1);
  expect(revocation()).toMatchObject({ headers: { host: "oauth2.googleapis.com" }, body: { token: refreshToken } });

  const stored = await world.app.storage.contents();
  for (const secret of [...google.given, GOOGLE_CLIENT.secret]) expect(stored.includes(secret)).toBe(false);
}, 60_000);

test("another Google account is not taken for the same without a person's yes", async () => {
  const person = await signInPerson(world.app, world.scope);
  const chosen = await person.open("/connections/new/google-sheets");
  const connected = await person.submit(chosen, "/connections/new/google-sheets/oauth");
  const user = { permissionId: "9999", emailAddress: "bob@example.com" };
  google.instead(({ path }) => (path.endsWith("/about") ? { user } : undefined));
  const asked = await person.submit(connected, `${connected.url.pathname}/reconnect`);
  expect(asked.html).toContain("That is another account");
  expect(asked.html).toContain("bob@example.com");
});
