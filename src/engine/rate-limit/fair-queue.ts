interface Entry {
  readonly ticket: string;
  readonly tenantId: string;
  /** The virtual time at which it would be served if its tenant were alone; start-time fair queueing. */
  readonly tag: number;
  readonly seq: number;
  /** When its holder was told to come again. */
  comesAt: number;
}

/** Who was told to come and does not, holds nobody up any longer. */
const LATE_MS = 5_000;

/**
 * Who waits for a bucket, in the order in which they are served: of several tenants in turn, however many each has
 * waiting. A place is kept by its ticket while its run sleeps.
 */
export class FairQueue {
  readonly #entries: Entry[] = [];
  readonly #byTicket = new Map<string, Entry>();
  readonly #lastTag = new Map<string, number>();
  #virtual = 0;
  #seq = 0;

  get length(): number {
    return this.#entries.length;
  }

  /** The ticket's place, 0 for the next to be served; it gets one if it has none. */
  place(ticket: string, tenantId: string, now: number): number {
    this.#dropLate(now);
    const known = this.#byTicket.get(ticket);
    if (known) return this.#indexOf(known);
    const tag = Math.max(this.#virtual, this.#lastTag.get(tenantId) ?? 0) + 1;
    const entry: Entry = { ticket, tenantId, tag, seq: this.#seq++, comesAt: now };
    const index = this.#indexOf(entry);
    this.#entries.splice(index, 0, entry);
    this.#byTicket.set(ticket, entry);
    this.#lastTag.set(tenantId, tag);
    return index;
  }

  comesAt(ticket: string, at: number): void {
    const entry = this.#byTicket.get(ticket);
    if (entry) entry.comesAt = at;
  }

  /** Its turn has come, or it waits elsewhere. */
  leave(ticket: string, served: boolean): void {
    const entry = this.#byTicket.get(ticket);
    if (!entry) return;
    this.#entries.splice(this.#indexOf(entry), 1);
    this.#byTicket.delete(ticket);
    if (served) this.#virtual = Math.max(this.#virtual, entry.tag);
    if (this.#entries.length > 0) return;
    // With nobody waiting nobody is owed anything.
    this.#lastTag.clear();
    this.#virtual = 0;
  }

  #dropLate(now: number): void {
    for (let head = this.#entries[0]; head && head.comesAt + LATE_MS < now; head = this.#entries[0])
      this.leave(head.ticket, false);
  }

  /** Where it stands, or would stand. */
  #indexOf({ tag, seq }: Entry): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const each = this.#entries[middle]!;
      if (each.tag < tag || (each.tag === tag && each.seq < seq)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
