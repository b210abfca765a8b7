/** A tenant's data-encryption key, wrapped by a key-encryption key. */
export interface StoredDataKey {
  /** Counts from 1; the highest seals, all of them open. */
  readonly generation: number;
  readonly wrapped: string;
}

/** Which key-encryption key wraps new data keys, as the installation's settings say it. */
export interface WrappingKey {
  readonly setting: string;
  readonly value: string;
}

export interface DataKeyStore {
  /** All of the tenant's, the oldest first. */
  list(tenantId: string): Promise<readonly StoredDataKey[]>;
  /**
   * Stores the key. False, and nothing is written, when the tenant has that generation already, or when the setting
   * has another value by now: a key wrapped by a key-encryption key that is just being given up would be overlooked.
   */
  add(tenantId: string, key: StoredDataKey, current: WrappingKey): Promise<boolean>;
  /** False when `from` is no longer what is stored. */
  rewrap(tenantId: string, generation: number, from: string, to: string): Promise<boolean>;
}
