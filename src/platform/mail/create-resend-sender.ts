import type { Egress, EgressResponse } from "../egress/create-egress.ts";
import { EgressError } from "../egress/egress-error.ts";
import {
  AUTOMATIC_HEADERS,
  describeAnswer,
  type MailOutcome,
  type MailSender,
  type OutgoingMail,
} from "./mail-sender.ts";

export interface ResendSenderOptions {
  readonly apiKey: string;
  readonly from: string;
  readonly egress: Pick<Egress, "request">;
  /** Where the API is; Resend's own by default. */
  readonly endpoint?: string;
  readonly timeoutMs?: number;
}

const ENDPOINT = "https://api.resend.com/emails";
const MAX_RESPONSE_BYTES = 64 * 1024;
/** Errors by which the account or the key is meant; the mail is as good as before once that is put right. */
const ABOUT_THE_ACCOUNT = new Set([401, 403, 404, 405, 408, 425, 429]);

/** Sends by Resend's HTTP API. Within 24 hours a repeat with the same idempotency key sends nothing. */
export function createResendSender({
  apiKey,
  from,
  egress,
  endpoint = ENDPOINT,
  timeoutMs = 30_000,
}: ResendSenderOptions): MailSender {
  async function send({ id, to, subject, text, html }: OutgoingMail): Promise<MailOutcome> {
    try {
      const response = await egress.request({
        method: "POST",
        url: endpoint,
        headers: [
          ["authorization", `Bearer ${apiKey}`],
          ["content-type", "application/json"],
          ["idempotency-key", id],
        ],
        body: JSON.stringify({
          from,
          to: [to],
          subject,
          text,
          html,
          // Mail programs keep mails with different ids apart.
          headers: { ...AUTOMATIC_HEADERS, "X-Entity-Ref-ID": id },
        }),
        timeoutMs,
        maxResponseBytes: MAX_RESPONSE_BYTES,
      });
      return toOutcome(response);
    } catch (error) {
      if (!(error instanceof EgressError)) throw error;
      return { kind: "later", problem: describeAnswer(error.message, [apiKey]), retryAfterMs: null };
    }
  }

  function toOutcome({ status, headers, body }: EgressResponse): MailOutcome {
    if (status >= 200 && status < 300) return { kind: "sent" };
    const { name, message } = readError(body);
    const problem = describeAnswer(`Resend: ${status} ${name} ${message}`, [apiKey]);
    // The first try with this key is still under way.
    const isTooSoon = name === "concurrent_idempotent_requests";
    // 403 is a wrong key, a domain that is not verified, or a test account: all of them are put right at Resend.
    if (isTooSoon || status >= 500 || ABOUT_THE_ACCOUNT.has(status))
      return { kind: "later", problem, retryAfterMs: retryAfterMs(headers["retry-after"]) };
    return { kind: "refused", problem };
  }

  return { via: "Resend", from, send };
}

function readError(body: Uint8Array): { readonly name: string; readonly message: string } {
  try {
    const { name, message } = JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown>;
    return { name: typeof name === "string" ? name : "", message: typeof message === "string" ? message : "" };
  } catch {
    return { name: "", message: "" };
  }
}

function retryAfterMs(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1_000 : null;
}
