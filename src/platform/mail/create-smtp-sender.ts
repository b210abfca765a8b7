import net, { isIP, type Socket } from "node:net";
import tls from "node:tls";
import type { NodemailerError } from "nodemailer";
import type { CheckedAddress } from "../egress/check-target.ts";
import { isLoopbackHost } from "../loopback-host.ts";
import {
  AUTOMATIC_HEADERS,
  describeAnswer,
  type MailOutcome,
  type MailSender,
  type OutgoingMail,
} from "./mail-sender.ts";
import { hostAndPort, type SmtpServer } from "./parse-smtp-url.ts";

export interface SmtpSenderOptions {
  readonly server: SmtpServer;
  /** `integrations@example.com` or `IntegrationSync <integrations@example.com>`. */
  readonly from: string;
  /** The guarded egress: the address that may be connected to. */
  readonly checkAddress: (host: string, port: number) => Promise<CheckedAddress>;
  /** PEM text of certificates to trust besides the runtime's own. */
  readonly extraCaCerts: string | null;
  /** For the connection, for the server's greeting, and for each of its answers. */
  readonly stepTimeoutMs?: number;
  /** For one mail as a whole; whoever leases the mail leases it for longer. */
  readonly timeoutMs?: number;
}

/**
 * Sends by SMTP, a connection for each mail: notices are few, and a connection that was kept may be dead.
 * A login and its password go out over TLS only (on this machine itself also without).
 */
export function createSmtpSender(options: SmtpSenderOptions): MailSender {
  const { server, from, checkAddress, extraCaCerts, stepTimeoutMs = 15_000, timeoutMs = 60_000 } = options;
  const { host, port, secure, login } = server;
  const isHere = isLoopbackHost(host);
  const secrets = login ? [login.password, Buffer.from(login.password).toString("base64")] : [];
  const ca = extraCaCerts === null ? {} : { ca: [...tls.getCACertificates("default"), extraCaCerts] };
  const domain = /@([^<>@\s]+)>?$/.exec(from)?.[1] ?? "localhost";

  async function send(mail: OutgoingMail): Promise<MailOutcome> {
    let socket: Socket | null = null;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`it took longer than ${timeoutMs / 1_000} seconds`)), timeoutMs);
    try {
      const { address } = await Promise.race([checkAddress(host, port), late]);
      socket = net.connect({ host: address, port });
      await Promise.race([untilConnected(socket, stepTimeoutMs), late]);
      await Promise.race([deliver(mail, socket), late]);
      return { kind: "sent" };
    } catch (error) {
      return toOutcome(error as NodemailerError);
    } finally {
      clearTimeout(timer);
      socket?.destroy();
    }
  }

  async function deliver(mail: OutgoingMail, connection: Socket): Promise<void> {
    const { createTransport } = await import("nodemailer");
    const transport = createTransport({
      connection,
      host,
      port,
      secure,
      // A server here that offers TLS has a certificate for no name that it is called by.
      ...(isHere && !login ? { ignoreTLS: true } : {}),
      ...(login && !secure && !isHere ? { requireTLS: true } : {}),
      ...(login ? { auth: { user: login.user, pass: login.password } } : {}),
      tls: { ...ca, ...(isIP(host) === 0 ? { servername: host } : {}) },
      greetingTimeout: stepTimeoutMs,
      socketTimeout: stepTimeoutMs,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    await transport.sendMail({
      from,
      to: { name: "", address: mail.to },
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
      messageId: `<${mail.id}@${domain}>`,
      date: new Date(mail.createdAt),
      headers: AUTOMATIC_HEADERS,
    });
  }

  function toOutcome(error: NodemailerError): MailOutcome {
    const said = describeAnswer(error.response ?? error.message, secrets);
    const problem = `${host}: ${login && error.command === "STARTTLS" ? "no TLS, without which no password is sent: " : ""}${said}`;
    return isFinal(error) ? { kind: "refused", problem } : { kind: "later", problem, retryAfterMs: null };
  }

  return { via: hostAndPort(server), from, send };
}

/**
 * A 5xx about this mail (its sender, recipient or text) stays one. A 5xx before that, such as to a wrong password, is
 * about the settings: it ends as soon as they are right, and the mail must still be there then.
 */
function isFinal({ code, command, responseCode = 0 }: NodemailerError): boolean {
  if (code === "EENVELOPE" && responseCode === 0) return true;
  return responseCode >= 500 && /^(?:MAIL FROM|RCPT TO|DATA)/.test(command ?? "");
}

async function untilConnected(socket: Socket, timeoutMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error("no connection: the server does not answer")), timeoutMs);
  socket.once("connect", resolve);
  socket.once("error", reject);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    socket.off("connect", resolve);
    socket.off("error", reject);
    // Whatever still comes after somebody else has taken over must not end the process.
    socket.on("error", () => {});
  }
}
