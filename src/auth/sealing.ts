/** The vault, as far as signing in needs it: a sealed text opens at its own place only. */
export interface Sealing {
  readonly seal: (place: SealPlace, plaintext: string) => Promise<string>;
  /** Rejects when the text was not sealed for this place. */
  readonly open: (place: SealPlace, envelope: string) => Promise<string>;
}

export interface SealPlace {
  readonly tenantId: string;
  readonly table: string;
  readonly row: string;
  readonly field: string;
}
