import type { Role } from "./permission.ts";
import type { Scope } from "./tenant.ts";

/** Whoever holds a valid session: what pages may know about the person in front of them. */
export interface SignedIn {
  readonly user: { readonly id: string; readonly email: string; readonly name: string };
  readonly role: Role;
  /** What the person may do, in the workspace that is open. */
  readonly scope: Scope;
  readonly tenant: { readonly id: string; readonly slug: string };
  readonly workspace: { readonly id: string; readonly slug: string };
  /** A public id to name the session by; never the token. */
  readonly sessionId: string;
  /** Proves that a form was rendered for this session. */
  readonly csrfToken: string;
}

export interface SessionReader {
  /** Null for whoever is not signed in (any more). Rejects only when the backend cannot be read. */
  authenticate(request: Request): Promise<SignedIn | null>;
}
