export interface Page<T> {
  readonly items: readonly T[];
  /** Pass as `cursor` to get what follows; null at the end. */
  readonly nextCursor: string | null;
}
export interface PageRequest {
  readonly limit: number;
  readonly cursor: string | null;
}
