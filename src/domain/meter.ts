/** Told how much work something does while it does it; stops it by throwing. */
export interface Meter {
  /** One unit is a few dozen nanoseconds of work. */
  spend(units: number): void;
}
export const UNMETERED: Meter = { spend() {} };
