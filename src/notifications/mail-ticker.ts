import type { Backend } from "../domain/backend.ts";
import type { ClaimedMail } from "../domain/mail-store.ts";
import type { Clock } from "../platform/clock.ts";
import type { MailContent } from "../platform/mail/mail-content.ts";
import type { MailOutcome, MailSender } from "../platform/mail/mail-sender.ts";
import { renderMail } from "../platform/mail/render-mail.ts";
import { Ticker } from "../platform/ticker.ts";
import { waitAtMost } from "../platform/wait-at-most.ts";
import type { MailSealing } from "./outbox.ts";

export interface MailTickerDeps {
  readonly backend: Pick<Backend, "mails">;
  readonly clock: Clock;
  readonly random: () => number;
  readonly sealing: MailSealing;
  readonly sender: MailSender;
  /** A mail that is given up, or something of ours that does not work. */
  readonly trouble: (problem: string, fields: { readonly tenantId: string | null; readonly error?: unknown }) => void;
}

const LOOK_EVERY_MS = 2_000;
const AT_ONCE = 4;
/** So many are claimed at a time: each of the four senders has one. */
const BATCH = AT_ONCE;
/** Whoever sends a mail has so long; sending ends before that by itself. */
export const HELD_MS = 3 * 60_000;
const FIRST_DELAY_MS = 30_000;
const MAX_DELAY_MS = 60 * 60_000;
const KEPT_MS = 30 * 86_400_000;
const PRUNE_EVERY_MS = 10 * 60_000;
const PRUNE_CHUNK = 500;

/** Sends what is due. Of several replicas each takes what the others have not. */
export class MailTicker {
  readonly #deps: MailTickerDeps;
  readonly #ticker: Ticker;
  #pruneAt = 0;

  constructor(deps: MailTickerDeps) {
    this.#deps = deps;
    this.#ticker = new Ticker({ clock: deps.clock, everyMs: LOOK_EVERY_MS, work: () => this.#sendDue() });
  }

  start(): void {
    this.#ticker.start();
  }

  /** Waits for the mails that are being sent, so long; whatever is not done by then is sent after its lease. */
  async stop(graceMs: number): Promise<void> {
    await waitAtMost(this.#deps.clock, graceMs, this.#ticker.stop());
  }

  wake(): void {
    this.#ticker.wake();
  }

  async #sendDue(): Promise<undefined> {
    const { backend, clock } = this.#deps;
    while (!this.#ticker.isStopped) {
      const now = clock.now();
      const claimed = await backend.mails.claim({ now, until: now + HELD_MS }, BATCH);
      await Promise.all(claimed.map((mail) => this.#send(mail)));
      if (claimed.length < BATCH) break;
    }
    await this.#prune();
  }

  async #send(mail: ClaimedMail): Promise<void> {
    const { sender, trouble } = this.#deps;
    const { id, tenantId, recipient, createdAt } = mail;
    try {
      const content = JSON.parse(await this.#deps.sealing.open(tenantId, id, mail.sealedContent)) as MailContent;
      await this.#settle(mail, await sender.send({ id, to: recipient, createdAt, ...renderMail(content) }));
    } catch (error) {
      // After its lease it is tried again.
      trouble("A mail could not be sent.", { tenantId, error });
    }
  }

  async #settle(mail: ClaimedMail, outcome: MailOutcome): Promise<void> {
    const { backend, clock, random, trouble } = this.#deps;
    const now = clock.now();
    if (outcome.kind === "sent") {
      await backend.mails.sent(mail, now);
      return;
    }
    const { problem } = outcome;
    if (outcome.kind === "later") {
      const dueAt = now + Math.max(outcome.retryAfterMs ?? 0, backoffMs(mail.attempts, random()));
      if (dueAt < mail.giveUpAt) {
        await backend.mails.postpone(mail, { dueAt, problem });
        return;
      }
    }
    if (await backend.mails.fail(mail, { at: now, problem }))
      trouble(`A mail was not delivered: ${problem}`, { tenantId: mail.tenantId });
  }

  async #prune(): Promise<void> {
    const now = this.#deps.clock.now();
    if (now < this.#pruneAt) return;
    this.#pruneAt = now + PRUNE_EVERY_MS;
    for (let removed = PRUNE_CHUNK; removed === PRUNE_CHUNK && !this.#ticker.isStopped; )
      removed = await this.#deps.backend.mails.prune(now - KEPT_MS, PRUNE_CHUNK);
  }
}

/** Doubles up to an hour; between half of it and all of it, so that not everything comes back at once. */
export function backoffMs(attempts: number, random: number): number {
  const whole = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempts - 1));
  return Math.round(whole * (0.5 + random / 2));
}
