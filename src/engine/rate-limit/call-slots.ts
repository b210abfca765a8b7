/** Calls under way at once, for each connection that has a cap. A holder that never gives its slot back loses it. */
export class CallSlots {
  readonly #held = new Map<string, Map<string, number>>();

  /** False when all are taken. Asking again with the same ticket prolongs. */
  take(connectionId: string, ticket: string, max: number, now: number, until: number): boolean {
    const held = this.#held.get(connectionId) ?? new Map<string, number>();
    this.#held.set(connectionId, held);
    for (const [holder, heldUntil] of held) if (heldUntil <= now) held.delete(holder);
    if (!held.has(ticket) && held.size >= max) return false;
    held.set(ticket, until);
    return true;
  }

  give(connectionId: string, ticket: string): void {
    const held = this.#held.get(connectionId);
    held?.delete(ticket);
    if (held?.size === 0) this.#held.delete(connectionId);
  }

  count(connectionId: string): number {
    return this.#held.get(connectionId)?.size ?? 0;
  }
}
