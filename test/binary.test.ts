import { afterAll, expect, test } from "bun:test";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificate } from "../src/platform/egress/testing/make-certificate.ts";
import { findBinary } from "./crash/find-binary.ts";
import { freePort, untilReady } from "./free-server.ts";
import { type SmtpPeer, startSmtpPeer } from "./mail/smtp-peer.ts";
import { openTestStorage } from "./test-storage.ts";

/** The release build alone, in an empty folder: what it needs beside itself would be missing here. */
const folder = mkdtempSync(join(tmpdir(), "binary-"));
const storage = await openTestStorage(undefined, { isNew: true });
const binary = join(folder, "integrationsync");
let smtp: SmtpPeer | null = null;
let server: ReturnType<typeof Bun.spawn> | null = null;

afterAll(async () => {
  server?.kill();
  await server?.exited;
  await smtp?.stop();
  await storage.remove();
  rmSync(folder, { recursive: true, force: true });
});

const DEFINITION = {
  name: "Everything that is loaded late",
  trigger: { connector: "webhook", trigger: "request" },
  steps: [
    { id: "matched", kind: "set", values: { ok: '{{ trigger.body.email.matches("^[a-z]+@example[.]com$") }}' } },
    { id: "calc", kind: "code", source: "export default ({ input }) => input * 2", input: "{{ trigger.body.n }}" },
    {
      id: "self",
      kind: "action",
      connector: "http",
      action: "request",
      input: { url: "{{ trigger.body.url }}" },
    },
    {
      id: "answer",
      kind: "respond",
      body: { doubled: "{{ steps.calc.output }}", page: "{{ steps.self.output.status }}" },
    },
  ],
};

test("from an empty folder the binary serves, runs every kind of late-loaded code, and stops cleanly", async () => {
  cpSync(findBinary(), binary);
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  // Mail by SMTP over TLS, with a login and a certificate of the company's own.
  const certificate = makeCertificate(["127.0.0.1"]);
  smtp = await startSmtpPeer({
    secure: true,
    ...certificate,
    authOptional: false,
    onAuth: ({ username, password }, _session, done) =>
      password === "secret" ? done(null, { user: username }) : done(new Error("no")),
  });
  const env = {
    ...storage.environment,
    PATH: process.env.PATH,
    PORT: String(port),
    EGRESS_ALLOW: "127.0.0.0/8",
    SMTP_URL: `smtps://us:secret@127.0.0.1:${smtp.port}`,
    MAIL_FROM: "IntegrationSync <us@example.com>",
    EXTRA_CA_CERTS: certificate.cert,
  };
  const command = (...args: string[]) => {
    const text = args[0] === "user" ? "correct horse battery staple" : JSON.stringify(DEFINITION);
    const ran = Bun.spawnSync([binary, ...args], { cwd: folder, env, stdin: Buffer.from(text) });
    expect(ran.exitCode, `${args.join(" ")}: ${ran.stderr}`).toBe(0);
    return ran.stdout.toString().trim();
  };
  server = Bun.spawn([binary, "serve"], { cwd: folder, env, stdout: "ignore", stderr: "ignore" });
  await untilReady(url);
  // A replica has replaced itself by then, under the same id (`platform/bound-heap.ts`).
  const environment = readFileSync(`/proc/${server.pid}/environ`, "latin1");
  expect(environment.includes("heapGrowthFunctionThresholdInMB")).toBe(storage.kind === "postgres");

  command("tenant", "create", "acme");
  const key = command("api-key", "create", "--tenant", "acme", "--name", "test");
  const workflow = command("workflow", "import", "--tenant", "acme", "-").split(/\s/)[0];
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const published = await fetch(`${url}/api/v1/workflows/${workflow}/publish`, { method: "POST", headers });
  const { webhookUrl } = (await published.json()) as { webhookUrl: string };
  const delivered = await fetch(webhookUrl.replace(/^http:\/\/[^/]+/, url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email: "ada@example.com", n: 21, url: `${url}/healthz` }),
  });
  expect(await delivered.json()).toEqual({ doubled: 42, page: 200 });

  expect((await fetch(`${url}/`)).headers.get("content-type")).toContain("text/html");
  expect(((await (await fetch(`${url}/api/v1/openapi.json`)).json()) as { openapi: string }).openapi).toStartWith(
    "3.1",
  );
  command(
    ...["user", "create", "--tenant", "acme", "--email", "ada@example.com", "--role", "owner", "--password-stdin"],
  );
  const body = new URLSearchParams({ email: "ada@example.com" });
  await fetch(`${url}/forgotten-password`, { method: "POST", headers: { origin: url }, body });
  const [mail] = await smtp.until(1);
  expect(mail).toMatchObject({ to: ["ada@example.com"], isSecure: true, user: "us" });
  expect(mail!.parsed.text).toContain("/reset/");
  expect(command("audit", "verify")).toContain("acme");
  expect(readdirSync(folder)).toEqual(["integrationsync"]);
  server.kill("SIGTERM");
  expect(await server.exited).toBe(0);
}, 30_000);
