import type { Change } from "./audit.ts";
import type { Page, PageRequest } from "./page.ts";
import type { Scope } from "./tenant.ts";

export interface ApiKey {
  readonly id: string;
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
}
export interface ApiKeyStore {
  create(scope: Scope, key: ApiKey, secretHash: string, change: Change): Promise<void>;
  /** Before a tenant is known: by the id inside the presented key. */
  findForSignIn(id: string): Promise<{ readonly key: ApiKey; readonly secretHash: string } | null>;
  list(scope: Scope, page: PageRequest): Promise<Page<ApiKey>>;
  /** False when there is no such key. */
  delete(scope: Scope, id: string, change: Change): Promise<boolean>;
  /** Not audited and not urgent: adapters may write it late. */
  touch(id: string, at: number): Promise<void>;
}
