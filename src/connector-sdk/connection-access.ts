import type { ConnectionCredential } from "./http-exchange.ts";

/** A connection in use: the opened credential and the only hosts it may be sent to. */
export interface Access {
  readonly credential: ConnectionCredential;
  readonly hosts: readonly string[];
  /**
   * What to go on with after the provider has refused the credential: another one, or none. `isSecond`: it was refused
   * again after a renewal. `refused`: the credential is good, the provider did not want this call.
   */
  readonly renew?: (isSecond: boolean) => Promise<ConnectionAccess | { readonly kind: "refused" }>;
}

/** A person has to reconnect the connection, or its provider has to come back. */
export interface ParkedAccess {
  readonly kind: "parked";
  readonly reason: string;
  /** When to look again without being woken; null or absent: seldom, only a person can help. */
  readonly recheckAt?: number | null;
  /** To be called when the run has let go of itself: wakes it if the connection was mended just before that. */
  readonly onParked?: (runId: string) => Promise<void>;
}

/** `missing`: waiting would not help. */
export type ConnectionAccess =
  | ({ readonly kind: "ready" } & Access)
  | ParkedAccess
  | { readonly kind: "missing"; readonly reason: string };
