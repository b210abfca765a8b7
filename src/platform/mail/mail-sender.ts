import type { RenderedMail } from "./render-mail.ts";

/** One mail to one person. */
export interface OutgoingMail extends RenderedMail {
  /** The same for every try: makes the Message-ID and the idempotency key, by which a repeat is recognised. */
  readonly id: string;
  readonly to: string;
  readonly createdAt: number;
}

export type MailOutcome =
  | { readonly kind: "sent" }
  /** Not now; after a broken connection it may have gone out all the same. `problem` is safe to show. */
  | { readonly kind: "later"; readonly problem: string; readonly retryAfterMs: number | null }
  /** The server does not want this mail, now or later. */
  | { readonly kind: "refused"; readonly problem: string };

export interface MailSender {
  /** Where mail goes out, for people: `mail.example.com:587` or `Resend`. */
  readonly via: string;
  readonly from: string;
  /** Always resolves. */
  send(mail: OutgoingMail): Promise<MailOutcome>;
}

/** On every mail: programs that answer by themselves ("I am on holiday") leave these alone (RFC 3834). */
export const AUTOMATIC_HEADERS = { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All" } as const;

const MAX_PROBLEM = 500;

/** What a server said, in one line, without what it may have repeated of ours. */
export function describeAnswer(text: string, secrets: readonly string[]): string {
  const hidden = secrets
    .filter((secret) => secret !== "")
    .reduce((shown, secret) => shown.replaceAll(secret, "…"), text.toWellFormed());
  const line = hidden.replace(/[\p{Cc}\s]+/gu, " ").trim();
  return line.length > MAX_PROBLEM ? `${line.slice(0, MAX_PROBLEM - 1).toWellFormed()}…` : line;
}
