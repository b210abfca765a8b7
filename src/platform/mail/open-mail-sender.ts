import { createEgress, type Egress } from "../egress/create-egress.ts";
import { createResendSender } from "./create-resend-sender.ts";
import { createSmtpSender } from "./create-smtp-sender.ts";
import type { MailSender } from "./mail-sender.ts";
import { hostAndPort, parseSmtpUrl } from "./parse-smtp-url.ts";

export interface MailSettings {
  readonly smtpUrl: string | null;
  readonly resendApiKey: string | null;
  readonly mailFrom: string | null;
  readonly extraCaCerts: string | null;
}

/** How mail goes out, or null when the administrator has not set any up. */
export function openMailSender(settings: MailSettings, egress: Pick<Egress, "request">): MailSender | null {
  const { smtpUrl, resendApiKey, mailFrom: from, extraCaCerts } = settings;
  if (from === null) return null;
  if (resendApiKey !== null) return createResendSender({ apiKey: resendApiKey, from, egress });
  if (smtpUrl === null) return null;
  const server = parseSmtpUrl(smtpUrl);
  // The host that the administrator has named is allowed for mail, wherever it is, and for nothing else.
  const { checkAddress } = createEgress({ allow: [hostAndPort(server)] });
  return createSmtpSender({ server, from, checkAddress, extraCaCerts });
}
