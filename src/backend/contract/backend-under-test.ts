import { test } from "bun:test";
import type { Backend } from "../../domain/backend.ts";
import { COMMAND_LINE_PERMISSIONS } from "../../domain/permission.ts";
import { grantScope, type Scope } from "../../domain/tenant.ts";
import { newId } from "../../platform/ids.ts";
import { change } from "./samples.ts";

/** What an adapter's test supplies to the contract suite. */
export interface BackendUnderTest {
  readonly backend: Backend;
  /** The name under which `backend` holds runs. */
  readonly owner: string;
  /** As after a crash: what was committed is there, and the worker that held runs is gone. */
  reopen(): Promise<{ readonly backend: Backend; readonly owner: string }>;
  /** A second process beside the first one, such as a CLI command. */
  openBeside(): Promise<Backend>;
  /** Changes the stored audit log of a tenant behind the adapter's back. */
  tamper(tenantId: string, how: AuditTampering): Promise<void>;
  /** Closes everything that was opened. */
  close(): Promise<void>;
}
export type AuditTampering =
  | { readonly kind: "change_action" | "change_details" | "remove"; readonly seq: number }
  /** Changes an entry and gives it the hash that fits. */
  | { readonly kind: "forge"; readonly seq: number }
  | { readonly kind: "swap"; readonly seq: number; readonly with: number }
  /** Adds an entry after the last one, with hashes that fit. */
  | { readonly kind: "append_unseen" };

export type OpenBackendUnderTest = (options?: {
  readonly maxUnfinishedPerTenant?: number;
  readonly maxRunningPerTenant?: number;
}) => Promise<BackendUnderTest>;

export interface World extends BackendUnderTest {
  /** A tenant's only workspace. */
  readonly scope: Scope;
  /** Another tenant. */
  readonly stranger: Scope;
  /** Another workspace of the same tenant. */
  readonly neighbour: Scope;
}

/** Defines tests that each get a fresh backend with two tenants in it. */
export function backendTests(open: OpenBackendUnderTest, options: Parameters<OpenBackendUnderTest>[0] = {}) {
  return (sentence: string, body: (world: World) => Promise<void>) => {
    test(sentence, async () => {
      const under = await open(options);
      try {
        const scope = await createTenant(under.backend);
        const stranger = await createTenant(under.backend);
        const neighbour = grantScope(scope.tenantId, newId("ws"), scope.actor, COMMAND_LINE_PERMISSIONS);
        await body({ ...under, scope, stranger, neighbour });
      } finally {
        await under.close();
      }
    }, 30_000);
  };
}

export async function createTenant(backend: Backend): Promise<Scope> {
  const id = newId("ten");
  const workspace = { id: newId("ws"), tenantId: id, slug: "default" };
  const scope = grantScope(id, workspace.id, { kind: "user", id: "user_1" }, COMMAND_LINE_PERMISSIONS);
  const tenant = { id, slug: id.replaceAll("_", "-"), createdAt: 1_000 };
  await backend.tenants.create(tenant, workspace, scope.actor, change("tenant.created", id));
  return scope;
}
