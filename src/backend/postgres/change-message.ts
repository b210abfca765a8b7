/** What one replica tells the others. */
export interface ChangeMessage {
  /** The replica that says it, which hears it too. */
  readonly from: string;
  /** It listens from now on. */
  readonly started?: true;
  /** Nothing: whether it hears itself. */
  readonly beat?: number;
  /** Configuration has changed. */
  readonly changed?: true;
  /** Runs became due. */
  readonly due?: true;
  /** Runs for which a signal was stored. */
  readonly signalled?: readonly string[];
  /** What it watches, and what has moved of what others watch (`run-watchers.ts`). */
  readonly watching?: readonly string[];
  readonly moved?: readonly string[];
}

export const LISTS = ["signalled", "watching", "moved"] as const;

/**
 * Null for what no replica says: whoever may connect to the database may notify any channel, and a replica of another
 * version may say something that this one does not know.
 */
export function readChangeMessage(text: string): ChangeMessage | null {
  const message = parse(text);
  if (typeof message !== "object" || message === null) return null;
  const { from, beat } = message as { readonly from?: unknown; readonly beat?: unknown };
  if (typeof from !== "string" || (beat !== undefined && typeof beat !== "number")) return null;
  const lists = message as { readonly [list: string]: unknown };
  return LISTS.every((list) => lists[list] === undefined || isTexts(lists[list])) ? (message as ChangeMessage) : null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
