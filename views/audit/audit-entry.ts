import type { AuditEntry } from "../../src/domain/audit.ts";

/** An entry as it is read: who did what to what, in words, and all that was written down behind them. */
export interface EntryView extends Pick<AuditEntry, "seq" | "at" | "action" | "details"> {
  /** `Workflow published`. */
  readonly sentence: string;
  readonly target: { readonly id: string; readonly name: string | null; readonly href: string | null };
  /** What exactly, a line each. */
  readonly lines: readonly string[];
  readonly actor: { readonly id: string; readonly name: string; readonly kind: string };
}
