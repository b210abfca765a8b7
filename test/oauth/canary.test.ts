import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backupTo } from "../../src/backend/sqlite/backup.ts";
import type { FormField } from "../../src/domain/form-field.ts";
import type { Json, JsonObject } from "../../src/domain/json.ts";
import { startPeer } from "../flows/peer.ts";
import { type OAuthWorld, openOAuthWorld } from "./oauth-world.ts";

/*
 * A secret in every place that takes one, and afterwards a look everywhere where it must not be: what is stored (and so
 * backed up), logged, answered by the API, shown in pages and measured.
 */

const METRICS_TOKEN = "metrics-token-for-the-test";
let world: OAuthWorld;
const canaries: string[] = [];
beforeAll(async () => {
  world = await openOAuthWorld({}, {}, { environment: { METRICS_TOKEN } });
}, 60_000);
afterAll(() => world.close());

async function everythingThatIsSeen(): Promise<ReadonlyMap<string, string>> {
  const { app, api } = world;
  const seen = new Map<string, string>();
  seen.set("storage", await app.storage.contents());
  if (app.storage.place.databaseUrl === "") seen.set("backup", await readBackup(app.storage.dataDir));
  seen.set(
    "log",
    JSON.stringify([app.errors, app.warnings], (_key, value) =>
      value instanceof Error ? [value.message, value.stack, value.cause] : value,
    ),
  );
  seen.set(
    "metrics",
    await (await fetch(`${app.url}/metrics`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } })).text(),
  );
  for (const path of ["/connections?limit=200", "/runs?limit=200", "/audit?limit=200", "/workflows?limit=200"])
    seen.set(path, JSON.stringify((await api("GET", path)).body));
  for (const { id } of (await api("GET", "/runs?limit=200")).body.data)
    seen.set(id, JSON.stringify((await api("GET", `/runs/${id}`)).body));
  const cookies = await signIn();
  const pages = [
    "/connections",
    "/connections/new",
    "/connections/new/slack",
    "/connections/new/vendor",
    "/runs",
    "/audit",
    "/workflows",
    "/variables",
  ];
  for (const { id } of (await api("GET", "/connections?limit=200")).body.data)
    pages.push(`/connections/${id}`, `/connections/${id}/credential`);
  for (const path of pages)
    seen.set(`page ${path}`, await (await fetch(app.url + path, { headers: { cookie: cookies } })).text());
  return seen;
}

/** Of the embedded database, as `integrationsync backup` makes it; Postgres is backed up by its own tools. */
async function readBackup(dataDir: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "canary-"));
  try {
    const file = join(folder, "backup.db");
    backupTo(dataDir, file);
    return await Bun.file(file).text();
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function signIn(): Promise<string> {
  const { app } = world;
  const email = `owner-${crypto.randomUUID()}@ours.example`;
  const password = "correct horse battery staple";
  await app.app.services.accounts.createUser(world.scope, { email, name: "Ada", role: "owner", password });
  const response = await fetch(`${app.url}/sign-in`, {
    method: "POST",
    redirect: "manual",
    headers: { origin: app.url },
    body: new URLSearchParams({ email, password }),
  });
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");
}

async function expectNoTraceBeside(name: string): Promise<void> {
  const seen = await everythingThatIsSeen();
  const hits = [...seen].flatMap(([where, text]) =>
    canaries.filter((canary) => text.includes(canary)).map((canary) => `${canary} in ${where}`),
  );
  expect(hits).toEqual([]);
  // The look itself works: what may be seen is found.
  expect(seen.get("page /connections")).toContain(name);
  expect(seen.get("storage")).toContain(name);
  expect(seen.get("metrics")).toContain("integrationsync_");
}

let count = 0;
function canary(): string {
  count += 1;
  const text = `canary-${count}-${crypto.randomUUID()}`;
  canaries.push(text);
  return text;
}

/** A value for a field of a credential, secret wherever text can be put. */
function secretFor(field: FormField): Json {
  switch (field.kind) {
    case "text":
    case "secret":
      return canary();
    case "key_value":
      return [{ name: "x-canary", value: canary() }];
    case "select":
      return field.options[0]?.value ?? null;
    default:
      return null;
  }
}

test("a credential typed into any scheme of any connector is nowhere to be seen", async () => {
  const { connectOptions, connections } = world.app.app.services;
  let stored = 0;
  for (const { connector } of await connectOptions.list("")) {
    const option = await connectOptions.find(world.scope, connector);
    for (const scheme of option.schemes.filter(({ oauth }) => oauth === null)) {
      const credential: JsonObject = Object.fromEntries(
        scheme.fields.map((field) => [field.name, secretFor(field)]).filter(([, value]) => value !== null),
      );
      const wanted = {
        connector,
        scheme: scheme.name,
        name: `Of ${connector}`,
        credential,
        hosts: option.asksHosts ? ["127.0.0.1"] : null,
      };
      try {
        const { id } = await connections.create(world.scope, wanted);
        await connections.test(world.scope, id);
        stored += 1;
      } catch (error) {
        // Refused for its form: what it complains about holds no secret either.
        const complaint = JSON.stringify([(error as Error).message, (error as { fields?: unknown }).fields]);
        expect(canaries.filter((each) => complaint.includes(each))).toEqual([]);
      }
    }
  }
  expect(stored).toBeGreaterThan(5);
  await expectNoTraceBeside("Of http");
}, 60_000);

test("what a tenant's own app signs its events with is nowhere to be seen", async () => {
  const { eventApps } = world.app.app.services;
  for (const connector of ["slack", "vendor"]) {
    const secret = canary();
    await eventApps.reserve(world.scope, connector);
    await eventApps.save(world.scope, connector, { SIGNING_SECRET: secret });
    const address = new URL((await eventApps.show(world.scope, connector))!.ownUrl!).pathname;
    // Refused, taken, and sent to the wrong address: none of it may say what was expected.
    for (const path of [address, `/hooks/apps/${connector}`])
      await (await fetch(world.app.url + path, { method: "POST", body: "{}" })).text();
  }
  await world.connect("signed");
  await expectNoTraceBeside("Vendor");
  // Refreshed at the same time as those of the next test, it would take the trouble that is meant for them.
  await world.forgetConnections();
}, 60_000);

describe("what a provider has handed out", () => {
  test("is nowhere to be seen: tokens, refresh tokens, codes and the app's secret, whatever goes wrong", async () => {
    const { apps } = world.app.app.services.oauth;
    await apps.save(world.scope, "VENDOR", {
      clientId: world.vendor.clientId,
      clientSecret: world.vendor.clientSecret,
    });
    const { id } = await world.connect();
    await world.run([world.ask(id)]);
    world.clock.jump(2 * 3_600_000);
    await world.untilConnection(id, ({ generation }) => generation > 1);
    await world.vendor.endAccessTokens();
    await world.run([world.ask(id)]);
    world.vendor.disturb("fails");
    world.clock.jump(2 * 3_600_000);
    await world.untilConnection(id, ({ refreshFailures }) => refreshFailures > 0);
    await world.vendor.revokeAll();
    world.clock.jump(2 * 3_600_000);
    await world.untilConnection(id, ({ state }) => state === "needs_reconnect");
    canaries.push(world.vendor.clientSecret, ...world.vendor.handedOut());
    expect(world.vendor.handedOut().length).toBeGreaterThan(5);
    await expectNoTraceBeside("Vendor");
  }, 60_000);

  test("never reaches another host, whatever a step's input says", async () => {
    const stranger = startPeer();
    const { id } = await world.connect("pinned");
    const lured = (url: string) => ({
      id: "lured",
      kind: "action",
      connector: "vendor",
      action: "fetch",
      connection: id,
      input: { url },
    });
    const { port } = new URL(stranger.origin);
    for (const url of [
      `http://localhost:${port}/lured`,
      `http://127.0.0.2:${port}/lured`,
      `http://user@127.0.0.2:${port}/lured`,
    ]) {
      const run = await world.run([lured(url)]);
      expect([url, run.status]).toEqual([url, "failed"]);
    }
    expect(stranger.calls("/lured")).toEqual([]);
    await stranger.stop();
  });

  test("of another tenant cannot be named: a save is refused as for a connection that is not there", async () => {
    const { id } = await world.connect("foreign");
    const theirs = await world.openBuilder("canary-theirs");
    for (const named of [id, "conn_missing"]) {
      const definition = { name: "Flow", trigger: { connector: "manual", trigger: "run" }, steps: [world.ask(named)] };
      expect(await theirs.api("POST", "/workflows", { body: definition })).toMatchObject({
        status: 422,
        body: { errors: [{ path: "steps[0].connection", message: `there is no connection "${named}"` }] },
      });
    }
  });
});
