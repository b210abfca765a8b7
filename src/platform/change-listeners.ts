/** Who wants to know that something named has changed. Telling costs next to nothing while nobody listens. */
export class ChangeListeners {
  readonly #byName = new Map<string, Set<() => void>>();

  /** Gives the function that ends it. */
  listen(name: string, listener: () => void): () => void {
    const listeners = this.#byName.get(name) ?? new Set();
    this.#byName.set(name, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#byName.delete(name);
    };
  }

  get isEmpty(): boolean {
    return this.#byName.size === 0;
  }

  tell(name: string): void {
    for (const listener of this.#byName.get(name) ?? []) listener();
  }

  tellAll(): void {
    for (const listeners of this.#byName.values()) for (const listener of listeners) listener();
  }
}
