/** What one check found. `says` tells what to do unless all is well. */
export interface Finding {
  readonly check: string;
  readonly verdict: "ok" | "warn" | "fail";
  readonly says: string;
}
