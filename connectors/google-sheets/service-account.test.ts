import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { signInPerson } from "../../test/connectors/sign-in-person.ts";
import type { FlowWorld } from "../../test/flows/flow-world.ts";
import { until } from "../../test/until.ts";
import { type Google, type GoogleWorld, openGoogleWorld } from "./testing/google.ts";

/** A service account's life through the whole server and its pages: no consent, an hour's token for a signed statement. */

let opened: GoogleWorld;
let google: Google;
let world: FlowWorld;
const EMAIL = "sync@project.iam.gserviceaccount.com";
const keys = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
/** As Google makes it; where it says that tokens come from is not believed. */
const file = JSON.stringify({
  type: "service_account",
  project_id: "project",
  private_key_id: "kid-1",
  private_key: keys.privateKey,
  client_email: EMAIL,
  token_uri: "https://evil.example/token",
});

beforeAll(async () => {
  opened = await openGoogleWorld();
  ({ google, world } = opened);
  google.trust(EMAIL, keys.publicKey);
}, 60_000);
afterEach(() => expect(opened.problems()).toEqual([]));
afterAll(() => opened.close());

test("its key connects it, its token is renewed before the hour is over, and the key is on no page and in no call", async () => {
  const person = await signInPerson(world.app, world.scope);
  const form = await person.open("/connections/new/google-sheets?scheme=service_account");
  expect(form.html).toContain("Share each spreadsheet with the service account");
  for (const wrong of ["{}", "no JSON", JSON.stringify({ ...JSON.parse(file), private_key: "x" })]) {
    const refused = await person.submit(form, "/connections/new/google-sheets/service_account", {
      "credential.key": wrong,
    });
    expect([refused.status, /The (?:private )?key (?:must be|cannot be used)/.test(refused.html)]).toEqual([422, true]);
  }
  const id = await person.connect("google-sheets", "service_account", {
    "credential.key": file,
    "credential.actAs": "ada@example.com",
  });
  expect(google.stated()).toMatchObject({
    iss: EMAIL,
    sub: "ada@example.com",
    scope: expect.stringContaining("https://www.googleapis.com/auth/spreadsheets "),
  });
  const find = async () => (await world.api("GET", `/connections/${id}`)).body;
  const before = await find();
  expect(before).toMatchObject({ state: "ready", account: { label: "ada@example.com" } });

  const input = { spreadsheet: "sheet-1", sheet: "Orders", values: { Order: "1001", Total: 25 } };
  const step = { id: "add", kind: "action", connector: "google-sheets", action: "append_row", connection: id, input };
  expect(await world.run([step])).toMatchObject({ status: "succeeded", output: { row: 2 } });
  world.clock.jump(Date.parse(before.refreshAt) - world.clock.now());
  await until("renewed", async () => (await find()).refreshedAt > before.refreshedAt);
  expect(await world.run([step])).toMatchObject({ status: "succeeded", output: { row: 3 } });

  const secret = keys.privateKey.split("\n")[3]!;
  const calls = Object.values(google.peers).flatMap((peer) => peer.calls);
  const seen = [
    (await person.open(`/connections/${id}`)).html,
    await world.app.storage.contents(),
    JSON.stringify(calls),
  ];
  for (const text of seen) expect(text).not.toContain(secret);
}, 30_000);

test("a key that was deleted at Google waits for a person", async () => {
  const credential = { key: file };
  const id = await world.connect({ connector: "google-sheets", scheme: "service_account", credential });
  google.trust(
    EMAIL,
    generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ type: "spki", format: "pem" }).toString(),
  );
  const { refreshAt } = (await world.api("GET", `/connections/${id}`)).body;
  world.clock.jump(Date.parse(refreshAt) - world.clock.now());
  const broken = await until("broken", async () => {
    const { body } = await world.api("GET", `/connections/${id}`);
    return body.state === "needs_reconnect" ? body : null;
  });
  expect(broken.problem).toContain("Invalid JWT Signature");
}, 30_000);
