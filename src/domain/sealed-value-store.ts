/** Where a secret is stored: an envelope opens only at its own place. */
export interface SealedPlace {
  readonly table: string;
  readonly row: string;
  readonly field: string;
}

export interface SealedValue {
  readonly place: SealedPlace;
  readonly envelope: string;
}

/**
 * Everything of a tenant that its data key has sealed and that stays, in whatever table it is, so that it can be sealed
 * anew with the next key. (Inputs of stored runs are left out: they go with their runs, and open with the old key.)
 */
export interface SealedValueStore {
  page(
    tenantId: string,
    after: string | null,
    limit: number,
  ): Promise<{ readonly values: readonly SealedValue[]; readonly next: string | null }>;
  /** False when `from` is no longer what stands there: somebody has stored another secret meanwhile. */
  replace(tenantId: string, place: SealedPlace, from: string, to: string): Promise<boolean>;
}
