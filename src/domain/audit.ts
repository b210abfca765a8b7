import type { JsonObject } from "./json.ts";
import type { Actor } from "./tenant.ts";

/** What a change writes into the audit log, in the same commit as the change itself. */
export interface Change {
  readonly at: number;
  /** Past tense, `thing.happened`: `workflow.published`, `api_key.created`. */
  readonly action: string;
  /** Id of what was changed. */
  readonly target: string;
  /** Never holds a secret. */
  readonly details: JsonObject;
  /**
   * For what happens many times while somebody is at work: nothing is written when the newest entry about the target says
   * the same of the same actor and is not older than this, in milliseconds. That entry then stands for all of it.
   */
  readonly gatherMs?: number;
}

/** Whether an entry that is there, the newest about the target, stands for the change as well. */
export function isGathered(
  newest: Pick<AuditEntry, "action" | "actor" | "at"> | null,
  actor: Actor,
  { action, at, gatherMs }: Change,
): boolean {
  if (newest === null || gatherMs === undefined) return false;
  const isSameActor = newest.actor.kind === actor.kind && newest.actor.id === actor.id;
  return isSameActor && newest.action === action && newest.at > at - gatherMs;
}

/** How far back the newest entry about a target is looked for; further back a new one is written. */
export const GATHER_WITHIN = 200;

/** One link of a tenant's hash chain: `hash` covers this entry and the hash before it. */
export interface AuditEntry {
  readonly tenantId: string;
  /** Counts from 1 without gaps. */
  readonly seq: number;
  readonly at: number;
  readonly actor: Actor;
  readonly action: string;
  readonly target: string;
  readonly details: JsonObject;
  readonly previousHash: string;
  readonly hash: string;
}

/** What stands in `previousHash` of a tenant's first entry. */
export const AUDIT_CHAIN_START = "0".repeat(64);

/** Where a chain ends; before its first entry, `{ seq: 0, hash: AUDIT_CHAIN_START }`. */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}

/** The next link after `head`, and its details as the text that is to be stored. */
export function nextAuditEntry(
  head: AuditHead,
  tenantId: string,
  actor: Actor,
  { at, action, target, details }: Change,
): { readonly entry: AuditEntry; readonly detailsText: string } {
  const detailsText = JSON.stringify(details);
  const unhashed = {
    tenantId,
    seq: head.seq + 1,
    at,
    actor,
    action,
    target,
    // As it will be read back: JSON drops what it cannot carry, and the hash must cover what is stored.
    details: JSON.parse(detailsText) as JsonObject,
    previousHash: head.hash,
  };
  return { entry: { ...unhashed, hash: hashAuditEntry(unhashed) }, detailsText };
}

export function hashAuditEntry(entry: Omit<AuditEntry, "hash">): string {
  return new Bun.CryptoHasher("sha256").update(auditHashInput(entry)).digest("hex");
}

/** The exact text whose SHA-256 is the entry's `hash`. A list, so that no two entries can give the same text. */
export function auditHashInput(entry: Omit<AuditEntry, "hash">): string {
  return JSON.stringify([
    entry.previousHash,
    entry.tenantId,
    entry.seq,
    entry.at,
    entry.actor.kind,
    entry.actor.id,
    entry.action,
    entry.target,
    canonical(entry.details),
  ]);
}

/** Key order must not matter: a database may give objects back in another order. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => [key, canonical(inner)]);
}

export type ChainVerdict =
  | { readonly ok: true; readonly entries: number }
  | { readonly ok: false; readonly seq: number; readonly problem: string };
