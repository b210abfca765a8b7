import type { Change } from "./audit.ts";
import type { Scope } from "./tenant.ts";

/** A tenant's own app at a provider, as far as the events are concerned that the provider sends to it. */
export interface EventApp {
  readonly connector: string;
  /**
   * Stands in the address that the provider sends to. Cannot be guessed, so that nobody lists tenants by it; it proves
   * nothing, the provider's signature does.
   */
  readonly publicId: string;
  /** Null until the tenant has entered them. Sealed for the place `event_apps | connector | secrets`. */
  readonly sealedSecrets: string | null;
  readonly updatedAt: number;
}

/** One for each connector of a tenant. Its address is known before its secrets: the provider asks for it first. */
export interface EventAppStore {
  find(scope: Scope, connector: string): Promise<EventApp | null>;
  /** Before a tenant is known: by what stands in the address. */
  findByPublicId(publicId: string): Promise<(EventApp & { readonly tenantId: string }) | null>;
  /** The one there is, or a new one at `publicId`; everybody who asks at once gets the same. Changes nothing that works. */
  reserve(scope: Scope, connector: string, publicId: string, at: number): Promise<EventApp>;
  /** False when none is reserved. */
  saveSecrets(scope: Scope, connector: string, sealedSecrets: string, change: Change): Promise<boolean>;
  /** Its address leads nowhere from now on. False when there is none. */
  delete(scope: Scope, connector: string, change: Change): Promise<boolean>;
}
