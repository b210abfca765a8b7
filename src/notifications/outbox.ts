import type { Backend } from "../domain/backend.ts";
import type { Scope } from "../domain/tenant.ts";
import type { Clock } from "../platform/clock.ts";
import type { MailContent } from "../platform/mail/mail-content.ts";

/** Seals what a mail says, which may be a one-time link. */
export interface MailSealing {
  seal(tenantId: string, mailId: string, text: string): Promise<string>;
  open(tenantId: string, mailId: string, sealed: string): Promise<string>;
}

export interface OutboxDeps {
  readonly backend: Pick<Backend, "mails">;
  readonly clock: Clock;
  readonly newId: (prefix: string) => string;
  readonly sealing: MailSealing;
  /** There is something to send. */
  readonly added: () => void;
}

export interface Posting {
  /** What it is about: nobody gets a second mail of the same. */
  readonly key: string;
  readonly to: readonly { readonly id: string; readonly email: string }[];
  readonly content: MailContent;
  /** After so long it is of no use to anybody. */
  readonly giveUpAfterMs?: number;
}

const DAY_MS = 86_400_000;
export const GIVE_UP_AFTER_MS = 3 * DAY_MS;

/** Mails are stored first and sent by the ticker of whichever replica comes to it. */
export function createOutbox({ backend, clock, newId, sealing, added }: OutboxDeps) {
  /** A mail for each recipient, in one commit; those that were posted before are left out. */
  async function post(scope: Pick<Scope, "tenantId" | "workspaceId">, posting: Posting): Promise<void> {
    const { key, to, content, giveUpAfterMs = GIVE_UP_AFTER_MS } = posting;
    const now = clock.now();
    const text = JSON.stringify(content);
    const mails = await Promise.all(
      to.map(async ({ id: recipientId, email }) => {
        const id = newId("mail");
        return {
          id,
          key: `${key}/${recipientId}`,
          recipient: email,
          subject: content.subject,
          sealedContent: await sealing.seal(scope.tenantId, id, text),
          createdAt: now,
          giveUpAt: now + giveUpAfterMs,
        };
      }),
    );
    if (mails.length > 0 && (await backend.mails.add(scope, mails))) added();
  }

  return { post };
}
