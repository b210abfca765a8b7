import { afterEach, expect, test } from "bun:test";
import { Browser } from "../accounts/browser.ts";
import { type SmtpPeer, startSmtpPeer } from "../mail/smtp-peer.ts";
import { findBinary } from "./find-binary.ts";
import { type Installation, openInstallation, type Server } from "./installation.ts";
import { serverEnvironment } from "./server-process.ts";

/** The release build sends mail by SMTP, and is killed (-9) when the mail server has just taken one. */

const EMAIL = "ada@example.com";
const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function open(): Promise<{ installation: Installation; smtp: SmtpPeer; start(): Promise<Server> }> {
  const smtp = await startSmtpPeer();
  opened.push(smtp.stop);
  const installation = await openInstallation();
  opened.push(installation.close);
  const words = ["user", "create", "--tenant", "acme", "--email", EMAIL, "--role", "owner", "--password-stdin"];
  const { storage } = installation;
  const made = Bun.spawnSync([findBinary(), ...words], {
    cwd: storage.dataDir,
    env: serverEnvironment(storage),
    stdin: Buffer.from("correct horse battery staple"),
  });
  expect(made.exitCode, made.stderr.toString()).toBe(0);
  const environment = { SMTP_URL: `smtp://127.0.0.1:${smtp.port}`, MAIL_FROM: "integrations@example.com" };
  return { installation, smtp, start: () => installation.start({ environment }) };
}

async function askForLink({ url }: Server): Promise<void> {
  const browser = new Browser(url);
  await browser.open("/forgotten-password");
  const { html } = await browser.submit("/forgotten-password", { email: EMAIL });
  expect(html).toContain("Look into your mail");
}

test("a mail that was stored goes out after a kill, and one that was just taken comes again as the same", async () => {
  const { installation, smtp, start } = await open();
  let server = await start();
  let kills = 0;
  smtp.onMail = async () => {
    kills += 1;
    await server.kill();
  };
  await askForLink(server);
  await smtp.until(1);
  expect(kills).toBe(1);
  smtp.onMail = () => {};
  // Other replicas leave it to the one that is gone until its time is over; a server alone on its data does not wait.
  if (installation.storage.kind === "postgres") await installation.storage.run("UPDATE mail_queue SET due_at = 0");
  server = await start();
  const mails = await smtp.until(2);
  expect(mails.map(({ to }) => to)).toEqual([[EMAIL], [EMAIL]]);
  expect(mails[1]!.parsed.messageId).toMatch(/^<mail_\w+@example\.com>$/);
  expect(mails[1]!.parsed.messageId).toBe(mails[0]!.parsed.messageId);
  expect(mails[1]!.parsed.text).toBe(mails[0]!.parsed.text);

  // The link works, and nothing comes a third time, also not after another start.
  const link = /\/reset\/[\w-]+/.exec(mails[1]!.parsed.text ?? "")?.[0] ?? "";
  expect((await new Browser(server.url).open(link)).html).toContain("Choose a new password");
  expect(await server.terminate()).toBe(0);
  if (installation.storage.kind === "postgres")
    await installation.storage.run("UPDATE mail_queue SET due_at = 0 WHERE due_at IS NOT NULL");
  await start();
  await Bun.sleep(3_000);
  expect(mails).toHaveLength(2);
}, 60_000);
