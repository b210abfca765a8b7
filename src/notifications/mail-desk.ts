import { authorize } from "../domain/authorize.ts";
import type { Backend } from "../domain/backend.ts";
import { AppError } from "../domain/errors.ts";
import type { ListedMail } from "../domain/mail-store.ts";
import type { Page, PageRequest } from "../domain/page.ts";
import type { Scope } from "../domain/tenant.ts";
import type { Clock } from "../platform/clock.ts";
import type { MailSender } from "../platform/mail/mail-sender.ts";
import { renderMail } from "../platform/mail/render-mail.ts";
import { GIVE_UP_AFTER_MS } from "./outbox.ts";

export interface MailDeskDeps {
  readonly backend: Pick<Backend, "mails">;
  readonly clock: Clock;
  readonly newId: (prefix: string) => string;
  readonly sender: MailSender | null;
  readonly publicUrl: () => string;
  /** A mail is due again. */
  readonly queued: () => void;
}

/** Somebody is waiting for the page. */
const TEST_TIMEOUT_MS = 20_000;

/** Whether mail is set up and works, and which mails have not arrived. */
export function createMailDesk({ backend, clock, newId, sender, publicUrl, queued }: MailDeskDeps) {
  /** How mail goes out; null when none is set up. */
  function setup(scope: Scope): Pick<MailSender, "via" | "from"> | null {
    authorize(scope, "settings.read");
    return sender && { via: sender.via, from: sender.from };
  }

  /** Those that wait for another try or were refused, the newest first. */
  async function undelivered(scope: Scope, page: PageRequest): Promise<Page<ListedMail>> {
    authorize(scope, "settings.read");
    return backend.mails.undelivered(scope, page);
  }

  async function retry(scope: Scope, id: string): Promise<void> {
    authorize(scope, "settings.read");
    const now = clock.now();
    if (!(await backend.mails.retry(scope, id, { now, giveUpAt: now + GIVE_UP_AFTER_MS })))
      throw new AppError("not_found", "There is no such mail that failed (any more).");
    queued();
  }

  /** Sends at once, and says what became of it: null when the mail server has taken it, otherwise its answer. */
  async function sendTest(scope: Scope, to: string): Promise<string | null> {
    authorize(scope, "settings.read");
    if (!sender) throw new AppError("conflict", "No mail is set up. Set SMTP_URL or RESEND_API_KEY, and MAIL_FROM.");
    const content = {
      subject: "Mail from IntegrationSync works",
      heading: "Mail works",
      blocks: [
        { kind: "text", text: "You have asked for this test. Mail from IntegrationSync reaches you." },
        { kind: "action", label: "Back to IntegrationSync", href: `${publicUrl()}/settings/mail` },
      ],
      footer: "You get this because you have asked for it.",
    } as const;
    const mail = { id: newId("mail"), to, createdAt: clock.now(), ...renderMail(content) };
    const late = { kind: "later", problem: `${sender.via} has not answered within 20 seconds` } as const;
    const outcome = await Promise.race([sender.send(mail), Bun.sleep(TEST_TIMEOUT_MS).then(() => late)]);
    return outcome.kind === "sent" ? null : outcome.problem;
  }

  return { setup, undelivered, retry, sendTest };
}

export type MailDesk = ReturnType<typeof createMailDesk>;
