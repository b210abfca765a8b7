import type { AddressInfo } from "node:net";
import { type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { until } from "../until.ts";

/** A mail server that nobody here wrote (`smtp-server`), and what it was given. */
export interface SmtpPeer {
  readonly port: number;
  /** Mails that it has answered with 250, or that it took without answering. */
  readonly mails: readonly ReceivedMail[];
  /** What happens to a mail once it has been read; by default it is taken. */
  onMail: (mail: ReceivedMail) => void | Promise<void>;
  /** Refuses recipients or senders; by default nobody. */
  refuse: { readonly command: "MAIL FROM" | "RCPT TO"; readonly code: number; readonly message: string } | null;
  until(count: number): Promise<readonly ReceivedMail[]>;
  stop(): Promise<void>;
}

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly isSecure: boolean;
  readonly user: string | undefined;
  readonly raw: string;
  readonly parsed: ParsedMail;
}

/** The answer of a server that does not take the mail. */
export function refusal(code: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode: code });
}

export async function startSmtpPeer(options: SMTPServerOptions = {}): Promise<SmtpPeer> {
  const mails: ReceivedMail[] = [];
  const peer: Pick<SmtpPeer, "onMail" | "refuse"> = { onMail: () => {}, refuse: null };
  const answer = (command: "MAIL FROM" | "RCPT TO") =>
    peer.refuse?.command === command ? refusal(peer.refuse.code, peer.refuse.message) : null;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: options.key ? [] : ["STARTTLS"],
    disableReverseLookup: true,
    closeTimeout: 100,
    logger: false,
    onMailFrom: (_address, _session, done) => done(answer("MAIL FROM")),
    onRcptTo: (_address, _session, done) => done(answer("RCPT TO")),
    onData(stream, { envelope, secure, user }, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", async () => {
        const raw = Buffer.concat(chunks).toString();
        const mail = {
          from: envelope.mailFrom ? envelope.mailFrom.address : "",
          to: envelope.rcptTo.map(({ address }) => address),
          isSecure: secure,
          user,
          raw,
          parsed: await simpleParser(raw),
        };
        try {
          await peer.onMail(mail);
          mails.push(mail);
          done();
        } catch (error) {
          done(error as Error);
        }
      });
    },
    ...options,
  });
  // Clients that hang up are what some tests are about.
  server.on("error", () => {});
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return Object.assign(peer, {
    port: (server.server.address() as AddressInfo).port,
    mails,
    async until(count: number) {
      return until(`${count} mails`, () => mails.length >= count && mails);
    },
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  });
}

export interface Header {
  readonly name: string;
  readonly value: string;
}

/** The headers as they went over the wire, unfolded. */
export function headersOf(raw: string): readonly Header[] {
  const [head = ""] = raw.split("\r\n\r\n");
  return head
    .replace(/\r\n[ \t]+/g, " ")
    .split("\r\n")
    .map((line) => ({
      name: line.slice(0, line.indexOf(":")).toLowerCase(),
      value: line.slice(line.indexOf(":") + 2),
    }));
}
