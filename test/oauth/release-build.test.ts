import { afterAll, expect, test } from "bun:test";
import { googleMakers, playGoogle } from "../../connectors/google-sheets/testing/google.ts";
import { openMakers } from "../connectors/open-makers.ts";
import { signIn } from "../connectors/sign-in-person.ts";
import { findBinary } from "../crash/find-binary.ts";
import { freePort, untilReady } from "../free-server.ts";
import { openTestStorage } from "../test-storage.ts";
import { until } from "../until.ts";

/*
 * Arctic's classes in the release build: loaded when somebody consents, and what they ask goes out by the guarded client,
 * for only that knows the way to the provider here (a proxy) and the authority it trusts.
 */

const PASSWORD = "orbit lantern seven";
const storage = await openTestStorage();
const makers = await openMakers(googleMakers);
const google = playGoogle(makers.peers);
let server: ReturnType<typeof Bun.spawn> | null = null;

afterAll(async () => {
  server?.kill();
  await server?.exited;
  await makers.close();
  await storage.remove();
});

test("an account is connected by Arctic's class and given back by it, through the guarded client", async () => {
  const port = freePort();
  const url = `http://localhost:${port}`;
  const env = {
    ...storage.environment,
    PATH: process.env.PATH,
    PORT: String(port),
    ...makers.environment,
    ...google.environment,
  };
  const command = (args: readonly string[], input = "") => {
    const ran = Bun.spawnSync([findBinary(), ...args], { cwd: storage.dataDir, env, stdin: Buffer.from(input) });
    expect(ran.exitCode, `${args.join(" ")}: ${ran.stderr}`).toBe(0);
  };
  command(["tenant", "create", "acme"]);
  const email = "ada@acme.example";
  command(["user", "create", "--tenant", "acme", "--email", email, "--role", "owner", "--password-stdin"], PASSWORD);
  server = Bun.spawn([findBinary(), "serve"], { cwd: storage.dataDir, env, stdout: "ignore", stderr: "ignore" });
  await untilReady(url);

  const person = await signIn({ url }, email, PASSWORD);
  const id = await person.connect("google-sheets", "oauth", { name: "Orders account" });
  expect((await person.open(`/connections/${id}`)).html).toContain("Google Sheets · ada@example.com");
  const asked = () =>
    google.peers.accounts.calls.map(({ path, headers }) => [path, headers.host, headers["user-agent"]]);
  expect(asked().slice(1)).toEqual([["/token", "oauth2.googleapis.com", "arctic"]]);

  const page = await person.open(`/connections/${id}`);
  expect((await person.submit(page, `/connections/${id}/delete`)).html).toContain("The connection is deleted.");
  await until("the grant is given back", () => asked().length >= 3);
  expect(asked()[2]).toEqual(["/revoke", "oauth2.googleapis.com", "arctic"]);
  expect(makers.problems()).toEqual([]);
}, 60_000);
