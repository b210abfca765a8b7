import type { OutsideChange } from "../../domain/backend.ts";
import { type ChangeMessage, LISTS, readChangeMessage } from "./change-message.ts";
import type { Database, Transaction } from "./database.ts";

const CHANNEL = "integrationsync_changes";
/** What is not told of inside a transaction is told of at most this often, together; the first of it at once. */
const TELL_EVERY_MS = 20;
/** A notification holds fewer than 8000 bytes. */
const NAMES_PER_MESSAGE = 80;

/**
 * Tells the other replicas by NOTIFY that something has changed, and listens to theirs.
 *
 * A changed configuration is told of in its own transaction: a replica that missed it would go on with what it has
 * cached. All else is told of after its commit and together, because NOTIFY makes commits wait for each other; a
 * replica that misses it finds the run when it next looks.
 *
 * A connection that only listens does not notice that it is dead. So a replica says something to itself now and then,
 * and listens anew when it does not hear it.
 */
export class ChangeFeed {
  readonly #database: Database;
  readonly #open: () => Bun.SQL;
  readonly #hearWithinMs: number;
  readonly #instance = crypto.randomUUID();
  readonly #listeners = new Set<(change: OutsideChange) => void>();
  readonly #readers = new Set<(message: ChangeMessage) => void>();
  readonly #pending = { signalled: new Set<string>(), watching: new Set<string>(), moved: new Set<string>() };
  #isDuePending = false;
  #listening: Bun.SQL | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #toldAt = Number.NEGATIVE_INFINITY;
  #beating: ReturnType<typeof setInterval> | null = null;
  #lastBeat = 0;
  #heardBeat = 0;

  /** `open` gives connections of which one will listen. It speaks to itself twice in `hearWithinMs`. */
  constructor(database: Database, open: () => Bun.SQL, hearWithinMs: number) {
    this.#database = database;
    this.#open = open;
    this.#hearWithinMs = hearWithinMs;
  }

  async start(): Promise<void> {
    this.#listening = await this.#listen();
    this.#send({ started: true });
    this.#beating = setInterval(() => this.#beat(), this.#hearWithinMs / 2);
    this.#beating.unref();
  }

  listen(listener: (change: OutsideChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onMessage(reader: (message: ChangeMessage) => void): void {
    this.#readers.add(reader);
  }

  /** Inside the transaction that changes what replicas cache. */
  async announceChange({ run }: Transaction): Promise<void> {
    await run(`SELECT pg_notify('${CHANNEL}', $1)`, [JSON.stringify({ from: this.#instance, changed: true })]);
  }

  /** After the commit of runs that any replica may claim. */
  announceDue(): void {
    this.#isDuePending = true;
    this.#sendSoon();
  }

  /** After the commit of a signal to a run that any replica may hold. */
  announceSignalled(runIds: Iterable<string>): void {
    for (const runId of runIds) this.#pending.signalled.add(runId);
    this.#sendSoon();
  }

  announceWatching(names: Iterable<string>): void {
    for (const name of names) this.#pending.watching.add(name);
    this.#sendSoon();
  }

  announceMoved(name: string): void {
    this.#pending.moved.add(name);
    this.#sendSoon();
  }

  async stop(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#beating) clearInterval(this.#beating);
    this.#beating = null;
    this.#listeners.clear();
    this.#readers.clear();
    await this.#listening?.close({ timeout: 0 });
  }

  async #listen(): Promise<Bun.SQL> {
    const sql = this.#open();
    let subscribed = false;
    await sql.listen(
      CHANNEL,
      (text) => this.#hear(readChangeMessage(text)),
      () => {
        // What was said while the connection was gone is lost: anything may have happened.
        if (subscribed) this.#tell({ kind: "missed" });
        subscribed = true;
      },
    );
    return sql;
  }

  async #beat(): Promise<void> {
    this.#lastBeat += 1;
    const beat = this.#lastBeat;
    try {
      await this.#say({ beat });
      await Bun.sleep(this.#hearWithinMs / 4);
      if (this.#heardBeat >= beat || this.#beating === null) return;
      const deaf = this.#listening;
      this.#listening = await this.#listen();
      await deaf?.close({ timeout: 0 });
      this.#tell({ kind: "missed" });
      if (this.#beating === null) await this.#listening.close({ timeout: 0 });
    } catch {
      // The database is away: whether it can be heard shows once it can be spoken to.
    }
  }

  #sendSoon(): void {
    if (this.#timer) return;
    const waitMs = Math.max(0, this.#toldAt + TELL_EVERY_MS - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#toldAt = performance.now();
      this.#sendPending();
    }, waitMs);
  }

  #sendPending(): void {
    let due = this.#isDuePending;
    this.#isDuePending = false;
    for (const list of LISTS) {
      const names = [...this.#pending[list]];
      this.#pending[list].clear();
      for (let start = 0; start < names.length; start += NAMES_PER_MESSAGE) {
        this.#send({ [list]: names.slice(start, start + NAMES_PER_MESSAGE), ...(due ? { due: true } : {}) });
        due = false;
      }
    }
    if (due) this.#send({ due: true });
  }

  #send(message: Omit<ChangeMessage, "from">): void {
    this.#say(message).catch(() => {});
  }

  async #say(message: Omit<ChangeMessage, "from">): Promise<void> {
    const text = JSON.stringify({ from: this.#instance, ...message });
    await this.#database.query(`SELECT pg_notify('${CHANNEL}', $1)`, [text]);
  }

  #hear(message: ChangeMessage | null): void {
    if (message === null) return;
    if (message.from === this.#instance) {
      this.#heardBeat = Math.max(this.#heardBeat, message.beat ?? 0);
      return;
    }
    for (const reader of this.#readers) reader(message);
    if (message.changed) this.#tell({ kind: "configuration" });
    if (message.due) this.#tell({ kind: "due" });
    for (const runId of message.signalled ?? []) this.#tell({ kind: "signalled", runId });
  }

  #tell(change: OutsideChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}
