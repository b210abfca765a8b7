import type { Page, PageRequest } from "./page.ts";
import type { Scope } from "./tenant.ts";

/*
 * A mail on its way:
 *
 *            add                 claim (until)                   sent
 *   (none) ───────► queued ──due──────────────► being sent ─────────────────► sent
 *                     ▲ ▲                        │   │ the server refuses it, or it was tried for long enough
 *                     │ └── postpone: later ─────┘   ├──────────────────────► failed ── retry (a person) ──► queued
 *                     └── due again after `until` ───┘ the process dies
 *
 * A process that dies after the mail server took the mail and before `sent` is committed sends it a second time: with the
 * same id, and so the same Message-ID.
 */
export type MailState = "queued" | "sent" | "failed";

export interface NewMail {
  readonly id: string;
  /** What it is about and whom it is for: a second one with the same key is dropped, for as long as the first is kept. */
  readonly key: string;
  readonly recipient: string;
  readonly subject: string;
  /** The content, sealed for the place `mails | id | content`: it may hold a one-time link. */
  readonly sealedContent: string;
  readonly createdAt: number;
  /** Tried for so long. */
  readonly giveUpAt: number;
}

/** One that this process alone may send until its time is over. */
export interface ClaimedMail extends NewMail {
  readonly tenantId: string;
  readonly workspaceId: string;
  /** Tries, with this one; proof of who is sending. */
  readonly attempts: number;
}

/** As people see it. */
export interface ListedMail {
  readonly id: string;
  readonly recipient: string;
  readonly subject: string;
  readonly state: MailState;
  readonly attempts: number;
  /** What the mail server said last; safe to show. */
  readonly problem: string | null;
  readonly createdAt: number;
  /** When it is tried next; null when it is not. */
  readonly dueAt: number | null;
}

type Claim = Pick<ClaimedMail, "id" | "tenantId" | "attempts">;

export interface MailStore {
  /** Due at once. True when at least one of them is new. */
  add(scope: Pick<Scope, "tenantId" | "workspaceId">, mails: readonly NewMail[]): Promise<boolean>;
  /** Of all tenants, the longest due first: one look at an index. Nobody else is given them before `until`. */
  claim(times: { readonly now: number; readonly until: number }, limit: number): Promise<readonly ClaimedMail[]>;
  /** Forgets the content. False when the claim was lost; nothing was written then. */
  sent(mail: Claim, at: number): Promise<boolean>;
  postpone(mail: Claim, later: { readonly dueAt: number; readonly problem: string }): Promise<boolean>;
  fail(mail: Claim, failure: { readonly at: number; readonly problem: string }): Promise<boolean>;

  /** Those that a mail server has refused or not taken yet, the newest first. */
  undelivered(scope: Scope, page: PageRequest): Promise<Page<ListedMail>>;
  /** One that failed is due at once. False when there is none such. */
  retry(scope: Scope, id: string, times: { readonly now: number; readonly giveUpAt: number }): Promise<boolean>;
  /** Removes what was sent or failed before then, at most `limit`; returns how many. */
  prune(before: number, limit: number): Promise<number>;
}
