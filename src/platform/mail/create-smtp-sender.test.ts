import { afterEach, describe, expect, test } from "bun:test";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { SMTPServerOptions } from "smtp-server";
import { headersOf, refusal, type SmtpPeer, startSmtpPeer } from "../../../test/mail/smtp-peer.ts";
import { createEgress } from "../egress/create-egress.ts";
import { makeCertificate } from "../egress/testing/make-certificate.ts";
import { createSmtpSender, type SmtpSenderOptions } from "./create-smtp-sender.ts";
import type { OutgoingMail } from "./mail-sender.ts";
import { hostAndPort, parseSmtpUrl } from "./parse-smtp-url.ts";

const FROM = "IntegrationSync <integrations@example.com>";
const MAIL: OutgoingMail = {
  id: "mail_1",
  to: "ada@example.com",
  subject: "Übung – “Vendor” has to be reconnected",
  text: "Hello Ada.\n. a line that begins with a dot\n",
  html: "<p>Hello <b>Ada</b>.</p>",
  createdAt: Date.UTC(2026, 10, 24, 12),
};
/** Both a name that is not this machine's and the address it has. */
const certificate = makeCertificate(["mail.example.test", "127.0.0.1"]);

const opened: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.stop();
});

async function start(...options: Parameters<typeof startSmtpPeer>): Promise<SmtpPeer> {
  const peer = await startSmtpPeer(...options);
  opened.push(peer);
  return peer;
}

/** `mail.example.test` is 127.0.0.1, without being this machine's own name. */
function senderTo(url: string, more: Partial<SmtpSenderOptions> = {}) {
  const server = parseSmtpUrl(url);
  const lookup = async () => [{ address: "127.0.0.1", family: 4 }];
  const { checkAddress } = createEgress({ allow: [hostAndPort(server)], lookup });
  return createSmtpSender({ server, from: FROM, checkAddress, extraCaCerts: null, stepTimeoutMs: 400, ...more });
}

const LOGIN: SMTPServerOptions = {
  authOptional: false,
  onAuth: ({ username, password }, _session, done) =>
    password === "p@ss word" ? done(null, { user: username }) : done(refusal(535, "5.7.8 No such user")),
};

describe("what goes out", () => {
  test("is one mail with text and HTML, its own Message-ID, and a sign that no answer is wanted", async () => {
    const peer = await start();
    const sender = senderTo(`smtp://127.0.0.1:${peer.port}`);
    expect(await sender.send(MAIL)).toEqual({ kind: "sent" });
    const [mail] = await peer.until(1);
    expect(mail).toMatchObject({ from: "integrations@example.com", to: ["ada@example.com"] });
    const { parsed } = mail!;
    expect(parsed.from?.value).toEqual([{ name: "IntegrationSync", address: "integrations@example.com" }]);
    expect(parsed.subject).toBe(MAIL.subject);
    expect(parsed.text).toBe(MAIL.text);
    expect(parsed.html).toBe(MAIL.html);
    expect(parsed.date).toEqual(new Date(MAIL.createdAt));
    expect(parsed.messageId).toBe("<mail_1@example.com>");
    expect(parsed.headers.get("auto-submitted")).toBe("auto-generated");
  });

  test("has the same Message-ID when it is sent again", async () => {
    const peer = await start();
    const sender = senderTo(`smtp://127.0.0.1:${peer.port}`);
    await sender.send(MAIL);
    await sender.send(MAIL);
    const ids = (await peer.until(2)).map(({ parsed }) => parsed.messageId);
    expect(new Set(ids).size).toBe(1);
  });

  test("has no header that its texts or its recipient ask for", async () => {
    const peer = await start();
    const sender = senderTo(`smtp://127.0.0.1:${peer.port}`);
    const hostile = "x\r\nBcc: eve@example.com\r\n\r\n<script>alert(1)</script>";
    await sender.send({ ...MAIL, subject: hostile, to: "ada@example.com\r\nBcc: eve@example.com" });
    const sent = await sender.send({ ...MAIL, subject: hostile });
    expect(sent.kind).toBe("sent");
    for (const mail of peer.mails) {
      expect(mail.to.join()).not.toContain("eve@example.com\r");
      expect(headersOf(mail.raw).map(({ name }) => name)).not.toContain("bcc");
      expect(mail.to).not.toContain("eve@example.com");
    }
  });
});

describe("TLS and login", () => {
  test("smtps: TLS from the start, the certificate checked against the name", async () => {
    const peer = await start({ secure: true, ...certificate, ...LOGIN });
    const url = `smtps://ada%40example.com:p%40ss%20word@mail.example.test:${peer.port}`;
    expect(await senderTo(url, { extraCaCerts: certificate.cert }).send(MAIL)).toEqual({ kind: "sent" });
    expect(peer.mails[0]).toMatchObject({ isSecure: true, user: "ada@example.com" });
    const untrusted = await senderTo(url).send(MAIL);
    expect(untrusted).toMatchObject({ kind: "later", problem: expect.stringMatching(/certificate/i) });
    const misnamed = url.replace("mail.example.test", "other.example.test");
    expect((await senderTo(misnamed, { extraCaCerts: certificate.cert }).send(MAIL)).kind).toBe("later");
    expect(peer.mails).toHaveLength(1);
  });

  test("smtp: STARTTLS before the login", async () => {
    const peer = await start({ ...certificate, ...LOGIN });
    const url = `smtp://ada:p%40ss%20word@mail.example.test:${peer.port}`;
    expect(await senderTo(url, { extraCaCerts: certificate.cert }).send(MAIL)).toEqual({ kind: "sent" });
    expect(peer.mails[0]).toMatchObject({ isSecure: true, user: "ada" });
  });

  test("a password is not given to a server that offers no TLS", async () => {
    const given: unknown[] = [];
    const peer = await start({
      disabledCommands: ["STARTTLS"],
      allowInsecureAuth: true,
      onAuth: (auth, _session, done) => {
        given.push(auth.password);
        done(null, { user: "ada" });
      },
    });
    const outcome = await senderTo(`smtp://ada:secret@mail.example.test:${peer.port}`).send(MAIL);
    expect(outcome).toMatchObject({ kind: "later", problem: expect.stringContaining("TLS") });
    expect([given, peer.mails]).toEqual([[], []]);
  });

  test("a wrong password is about the settings: the mail waits, and the password is not repeated", async () => {
    const peer = await start({ ...certificate, ...LOGIN });
    const sender = senderTo(`smtp://ada:wr0ng-secret@mail.example.test:${peer.port}`, {
      extraCaCerts: certificate.cert,
    });
    const outcome = await sender.send(MAIL);
    expect(outcome).toMatchObject({ kind: "later", problem: expect.stringContaining("5.7.8 No such user") });
    expect(JSON.stringify(outcome)).not.toContain("wr0ng-secret");
  });
});

describe("a mail that is not taken", () => {
  test.each([
    ["MAIL FROM", 550, "refused"],
    ["RCPT TO", 550, "refused"],
    ["RCPT TO", 451, "later"],
    ["MAIL FROM", 421, "later"],
  ] as const)("%s answered with %d: %s", async (command, code, kind) => {
    const peer = await start();
    peer.refuse = { command, code, message: "because of the test" };
    const outcome = await senderTo(`smtp://127.0.0.1:${peer.port}`).send(MAIL);
    expect(outcome).toMatchObject({ kind, problem: `127.0.0.1: ${code} because of the test` });
    expect(peer.mails).toEqual([]);
  });

  test.each([
    [554, "refused"],
    [452, "later"],
  ] as const)("its text answered with %d: %s", async (code, kind) => {
    const peer = await start();
    peer.onMail = () => Promise.reject(refusal(code, "because of the test"));
    expect(await senderTo(`smtp://127.0.0.1:${peer.port}`).send(MAIL)).toMatchObject({ kind });
  });

  test("a server that hangs anywhere is left after a time", async () => {
    const silent = await listen(() => {});
    expect(await senderTo(`smtp://127.0.0.1:${silent}`).send(MAIL)).toMatchObject({ kind: "later" });
    const peer = await start();
    const { promise: never, resolve } = Promise.withResolvers<void>();
    peer.onMail = () => never;
    expect(await senderTo(`smtp://127.0.0.1:${peer.port}`).send(MAIL)).toMatchObject({ kind: "later" });
    resolve();
    // One that keeps saying a little, for ever.
    const chatty = await listen((socket) => {
      const timer = setInterval(() => socket.write("220-x\r\n"), 50);
      socket.on("close", () => clearInterval(timer));
    });
    const outcome = await senderTo(`smtp://127.0.0.1:${chatty}`, { timeoutMs: 600, stepTimeoutMs: 5_000 }).send(MAIL);
    expect(outcome).toMatchObject({ kind: "later", problem: expect.stringContaining("longer than 0.6 seconds") });
  });

  test("a connection that breaks after the text is no answer", async () => {
    const peer = await start();
    const between = await listen((client) => {
      const server = connect(peer.port, "127.0.0.1");
      client.pipe(server);
      server.on("data", (bytes: Buffer) => {
        if (bytes.toString().includes("250 OK: message queued")) client.destroy();
        else client.write(bytes);
      });
      server.on("error", () => {});
    });
    expect(await senderTo(`smtp://127.0.0.1:${between}`).send(MAIL)).toMatchObject({ kind: "later" });
    expect(peer.mails).toHaveLength(1);
  });

  test("nobody there, and a host that is not the administrator's", async () => {
    const gone = await start();
    await gone.stop();
    expect(await senderTo(`smtp://127.0.0.1:${gone.port}`).send(MAIL)).toMatchObject({ kind: "later" });
    const { checkAddress } = createEgress({ allow: [] });
    const outcome = await senderTo("smtp://127.0.0.1:25", { checkAddress }).send(MAIL);
    expect(outcome).toMatchObject({ kind: "later", problem: expect.stringContaining("127.0.0.1") });
  });
});

async function listen(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onSocket(socket);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  opened.push({
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  return (server.address() as { port: number }).port;
}
