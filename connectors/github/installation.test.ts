import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { createHmac, createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import type { JsonObject } from "../../src/domain/json.ts";
import type { MakerCall } from "../../test/connectors/maker/open-maker-peer.ts";
import { type ConnectorWorld, openConnectorWorld } from "../../test/connectors/open-connector-world.ts";
import { type Person, signInPerson } from "../../test/connectors/sign-in-person.ts";
import { until } from "../../test/until.ts";
import { maker } from "./testing/maker.ts";

/*
 * A GitHub App by itself through the whole server: an hour's token for a signed statement, another one before it ends,
 * a person where the app is gone, the token given back in the end. GitHub's description judges the requests.
 */

const MINUTE_MS = 60_000;
const LIMIT_MS = 30_000;
let world: ConnectorWorld;
let person: Person;

beforeAll(async () => {
  world = await openConnectorWorld(maker, { PUBLIC_URL: "https://sync.test", GITHUB_WEBHOOK_SECRET: "hook-canary" });
  person = await signInPerson(world.app, world.scope);
}, 60_000);
afterEach(() => {
  expect(world.maker.calls.flatMap((call) => call.problems)).toEqual([]);
  world.maker.reset();
});
afterAll(() => world.close());

const makeKey = () =>
  generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs1", format: "pem" }).toString();
const PEM = makeKey();

/** GitHub's side: which installations there are, and the tokens that it has given out and not taken back. */
function answerAsGitHub(installations: readonly string[]) {
  const tokens: string[] = [];
  let isBusy = false;
  const isSigned = (authorization: string | undefined): boolean => {
    const [head = "", body = "", signature = ""] = (authorization ?? "").replace("Bearer ", "").split(".");
    const signed = Buffer.from(`${head}.${body}`);
    if (!verify("RSA-SHA256", signed, createPublicKey(PEM), Buffer.from(signature, "base64url"))) return false;
    const { iss, iat, exp } = JSON.parse(Buffer.from(body, "base64url").toString());
    const now = world.clock.now() / 1_000;
    return iss === "Iv23.app" && iat <= now && exp > now && exp - now <= 600;
  };
  const give = ({ path, headers }: MakerCall): Response => {
    const [, id = ""] = /installations\/(\d+)\//.exec(path) ?? [];
    if (isBusy) return Response.json({ message: "Server Error" }, { status: 502 });
    if (!isSigned(headers.authorization))
      return Response.json({ message: "A JSON web token could not be decoded" }, { status: 401 });
    if (!installations.includes(id)) return Response.json({ message: "Not Found" }, { status: 404 });
    tokens.push(`ghs_canary_${id}_${tokens.length + 1}`);
    const expires_at = new Date(world.clock.now() + 60 * MINUTE_MS).toISOString();
    const permissions = { contents: "write", metadata: "read" };
    return Response.json(
      { token: tokens.at(-1), expires_at, permissions, repository_selection: "all" },
      { status: 201 },
    );
  };
  world.maker.answer("*", (call) => {
    const { path, method, headers } = call;
    if (path.endsWith("/access_tokens")) return give(call);
    const held = tokens.indexOf(String(headers.authorization).replace("Bearer ", ""));
    if (held === -1) return Response.json({ message: "Bad credentials" }, { status: 401 });
    if (method === "DELETE") {
      tokens.splice(held, 1);
      return new Response(null, { status: 204 });
    }
    const owner = { login: "octo-org" };
    return Response.json({ total_count: 1, repositories: [{ id: 1, full_name: "octo-org/octo-repo", owner }] });
  });
  return {
    tokens,
    busy(now: boolean) {
      isBusy = now;
    },
  };
}

const entered = (installationId = "42", privateKey = PEM) => ({
  "credential.clientId": "Iv23.app",
  "credential.installationId": installationId,
  // As a field of one line sends it.
  "credential.privateKey": privateKey.replace(/\n/g, ""),
});
const connection = async (id: string) => (await world.api("GET", `/connections/${id}`)).body;
const list = (id: string) => ({
  ...{ id: "list", kind: "action", connector: "github", action: "list_repositories", connection: id, input: {} },
});
async function forget(id: string): Promise<void> {
  for (const workflow of (await world.api("GET", "/workflows")).body.data)
    await world.api("DELETE", `/workflows/${workflow.id}`);
  expect((await world.api("DELETE", `/connections/${id}`)).status).toBe(204);
}

test(
  "the page says what the app needs, and a key that is none is refused beside the form",
  async () => {
    answerAsGitHub(["42"]);
    const form = await person.open("/connections/new/github?scheme=installation");
    expect(form.html).toContain(
      "Contents, Issues, Pull requests, Commit statuses, Actions and Webhooks, read and write",
    );
    expect(form.html).not.toContain("Client secret");
    for (const [wrong, says] of [
      [entered("42", "s3cret but no key"), "The private key cannot be used"],
      [entered("42", makeKey()), "A JSON web token could not be decoded"],
      [entered("43"), "Not Found"],
      [entered("x/../y"), "The installation id is a number"],
    ] as const) {
      const page = await person.submit(form, "/connections/new/github/installation", wrong);
      expect([page.status, page.html.includes(says)]).toEqual([422, true]);
      expect(page.html).not.toContain("s3cret");
    }
  },
  LIMIT_MS,
);

test(
  "an installation is connected, offers and lists its repositories, and is given back when it is deleted",
  async () => {
    const github = answerAsGitHub(["42"]);
    const id = await person.connect("github", "installation", entered());
    expect(await connection(id)).toMatchObject({
      account: { id: "installation 42", label: "octo-org (installation 42)" },
      scopes: ["contents:write", "metadata:read"],
      state: "ready",
    });
    const body = { connection: id, field: ["repository"] };
    const { options } = (await world.api("POST", "/connectors/github/actions/get_file/choices", { body })).body;
    expect(options).toEqual([{ value: "octo-org/octo-repo", title: "octo-org/octo-repo" }]);
    const run = await world.run([list(id)]);
    expect(run).toMatchObject({ status: "succeeded", output: { repositories: [{ full_name: "octo-org/octo-repo" }] } });
    const paths = new Set(world.maker.calls.map(({ path }) => path));
    expect([...paths]).toEqual(["/app/installations/42/access_tokens", "/installation/repositories"]);
    await forget(id);
    await until("given back", () => github.tokens.length === 0);
  },
  LIMIT_MS,
);

test(
  "its token is renewed before the hour is over, and at once when it is refused; the key is in no call and no page",
  async () => {
    const github = answerAsGitHub(["42"]);
    const id = await person.connect("github", "installation", entered());
    const { refreshAt } = await connection(id);
    world.clock.jump(Date.parse(refreshAt) - world.clock.now());
    await until(
      "renewed",
      async () => Date.parse((await connection(id)).expiresAt) > Date.parse(refreshAt) + 30 * MINUTE_MS,
    );
    expect(github.tokens).toHaveLength(2);
    github.tokens.splice(0);
    expect(await world.run([list(id)])).toMatchObject({ status: "succeeded" });
    expect(github.tokens).toHaveLength(1);

    const secret = PEM.split("\n")[3]!;
    const page = (await person.open(`/connections/${id}`)).html;
    const stored = await world.app.storage.contents();
    const sent = JSON.stringify(world.maker.calls);
    for (const text of [page, stored, sent, JSON.stringify(world.app.warnings)]) expect(text).not.toContain(secret);
    for (const text of [page, stored]) expect(text).not.toContain("ghs_canary");
    await forget(id);
    await until("given back", () => github.tokens.length === 0);
  },
  LIMIT_MS,
);

test(
  "where the app is not installed any more a person is asked, another key mends it, and another installation needs a yes",
  async () => {
    answerAsGitHub(["42"]);
    const id = await person.connect("github", "installation", entered());
    const workflow = await world.publish({ steps: [list(id)] });
    answerAsGitHub(["7"]);
    const send = async (action: string, number: number) => {
      const payload = JSON.stringify({ action, installation: { id: number }, sender: { id: 1 } });
      const signature = `sha256=${createHmac("sha256", "hook-canary").update(payload).digest("hex")}`;
      const headers = { "x-github-event": "installation", "x-hub-signature-256": signature };
      const url = `${world.app.url}/hooks/apps/github`;
      const response = await fetch(url, { method: "POST", body: payload, headers });
      await response.text();
      return response.status;
    };
    expect(await send("deleted", 43)).toBe(202);
    expect(await send("new_permissions_accepted", 42)).toBe(202);
    expect((await connection(id)).state).toBe("ready");
    expect(await send("deleted", 42)).toBe(202);
    expect(await connection(id)).toMatchObject({
      state: "needs_reconnect",
      problem: expect.stringContaining("Not Found"),
    });
    const run = await workflow.start();
    await world.until(run, ({ waitingFor }) => waitingFor === "connection");

    const path = `/connections/${id}/credential`;
    const refused = await person.submit(await person.open(path), path, entered("7"));
    expect([refused.status, refused.html.includes("otherAccount")]).toEqual([422, true]);
    expect((await connection(id)).state).toBe("needs_reconnect");
    const meant = await person.submit(refused, path, { ...entered("7"), otherAccount: "true" });
    expect(meant.html).toContain("The new credential is stored");
    expect(await connection(id)).toMatchObject({ state: "ready", account: { id: "installation 7" } });
    expect(await world.settled(run)).toMatchObject({ status: "succeeded" });
    await forget(id);
  },
  LIMIT_MS,
);

test(
  "a GitHub that cannot answer now costs the connection nothing",
  async () => {
    const github = answerAsGitHub(["42"]);
    const credential = { clientId: "Iv23.app", installationId: "42", privateKey: PEM };
    const wanted: JsonObject = { connector: "github", scheme: "installation", credential };
    const id = await world.connect(wanted);
    github.busy(true);
    const { refreshAt } = await connection(id);
    world.clock.jump(Date.parse(refreshAt) - world.clock.now());
    const failing = await until("tried", async () => {
      const found = await connection(id);
      return found.problem === null ? null : found;
    });
    expect(failing).toMatchObject({ state: "ready", problem: expect.stringContaining("Server Error") });
    github.busy(false);
    expect(await world.run([list(id)])).toMatchObject({ status: "succeeded" });
    await forget(id);
  },
  LIMIT_MS,
);
