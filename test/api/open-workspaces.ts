import { openBackend } from "../../src/backend/open.ts";
import type { Backend } from "../../src/domain/backend.ts";
import { COMMAND_LINE_PERMISSIONS } from "../../src/domain/permission.ts";
import { grantScope, type Scope } from "../../src/domain/tenant.ts";
import type { Clock } from "../../src/platform/clock.ts";
import { newId } from "../../src/platform/ids.ts";
import { openTestStorage } from "../test-storage.ts";

/** A real backend with nothing in it, with two tenants that know nothing of each other. */
export interface Workspaces {
  readonly backend: Backend;
  readonly ours: Scope;
  readonly theirs: Scope;
  readonly clock: MovableClock;
  close(): Promise<void>;
}

export interface MovableClock extends Clock {
  advance(byMs: number): void;
}

export async function openWorkspaces(): Promise<Workspaces> {
  const storage = await openTestStorage();
  const backend = await openBackend({ ...storage.place, owner: newId("owner"), lock: true });
  return {
    backend,
    ours: await createTenant(backend, "ours"),
    theirs: await createTenant(backend, "theirs"),
    clock: movableClock(),
    async close() {
      await backend.close();
      await storage.remove();
    },
  };
}

export async function createTenant(backend: Backend, slug: string): Promise<Scope> {
  const tenant = { id: newId("tenant"), slug, createdAt: Date.now() };
  const workspace = { id: newId("ws"), tenantId: tenant.id, slug: "default" };
  const change = { at: tenant.createdAt, action: "tenant.created", target: tenant.id, details: { slug } };
  const scope = grantScope(tenant.id, workspace.id, { kind: "cli", id: "test" }, COMMAND_LINE_PERMISSIONS);
  await backend.tenants.create(tenant, workspace, scope.actor, change);
  return scope;
}

/** Stands still until it is moved; nothing here waits for it. */
function movableClock(): MovableClock {
  let now = Date.UTC(2026, 5, 1, 12);
  return {
    now: () => now,
    after: () => () => {},
    advance(byMs) {
      now += byMs;
    },
  };
}
