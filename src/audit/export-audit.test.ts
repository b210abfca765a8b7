import { afterAll, expect, test } from "bun:test";
import { openTestStorage } from "../../test/test-storage.ts";
import { openBackend } from "../backend/open.ts";
import { COMMAND_LINE_PERMISSIONS } from "../domain/permission.ts";
import { type Actor, grantScope, type Scope } from "../domain/tenant.ts";
import { exportAudit } from "./export-audit.ts";

const ENTRIES = 450;

const storage = await openTestStorage();
const backend = await openBackend({ ...storage.place, owner: "test", lock: true });
afterAll(async () => {
  await backend.close();
  await storage.remove();
});

async function makeTenant(slug: string): Promise<Scope> {
  const actor: Actor = { kind: "cli", id: "tester" };
  const workspace = { id: `ws_${slug}`, tenantId: `ten_${slug}`, slug: "default" };
  const change = { at: 1, action: "tenant.created", target: workspace.tenantId, details: {} };
  await backend.tenants.create({ id: workspace.tenantId, slug, createdAt: 1 }, workspace, actor, change);
  return grantScope(workspace.tenantId, workspace.id, actor, COMMAND_LINE_PERMISSIONS);
}

test("a log of several pages comes whole and in order, newest first, and only the tenant's", async () => {
  const [acme, beta] = [await makeTenant("acme"), await makeTenant("beta")];
  for (let at = 2; at <= ENTRIES; at += 1)
    await backend.audit.append(acme, { at, action: "thing.changed", target: `thing_${at}`, details: {} });
  const seqs = [];
  for await (const { seq, tenantId } of exportAudit(backend.audit, acme)) {
    expect(tenantId).toBe(acme.tenantId);
    seqs.push(seq);
  }
  expect(seqs).toEqual(Array.from({ length: ENTRIES }, (_, index) => ENTRIES - index));
  expect(await Array.fromAsync(exportAudit(backend.audit, beta))).toHaveLength(1);
});
