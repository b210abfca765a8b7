import { describe, expect } from "bun:test";
import { AUDIT_CHAIN_START, type AuditEntry } from "../../domain/audit.ts";
import type { AuditFilter } from "../../domain/audit-store.ts";
import type { Backend } from "../../domain/backend.ts";
import type { Page } from "../../domain/page.ts";
import { grantScope, type Scope } from "../../domain/tenant.ts";
import { type AuditTampering, backendTests, type OpenBackendUnderTest } from "./backend-under-test.ts";
import { change, NOW } from "./samples.ts";

export function auditContract(open: OpenBackendUnderTest): void {
  const test = backendTests(open);

  const append = async (backend: Backend, scope: Scope, count: number) => {
    for (let n = 0; n < count; n += 1) await backend.audit.append(scope, change(`entry.${n}`, `target_${n}`, NOW + n));
  };

  describe("the audit log", () => {
    test("chains a tenant's entries without gaps and verifies", async ({ backend, scope, reopen }) => {
      await append(backend, scope, 4);
      const { items } = await backend.audit.list(scope, { limit: 10, cursor: null });
      expect(items.map(({ seq, action }) => [seq, action])).toEqual([
        [5, "entry.3"],
        [4, "entry.2"],
        [3, "entry.1"],
        [2, "entry.0"],
        [1, "tenant.created"],
      ]);
      expect(items.at(-1)?.previousHash).toBe(AUDIT_CHAIN_START);
      for (const [index, entry] of items.entries())
        if (index > 0) expect(items[index - 1]?.previousHash).toBe(entry.hash);
      expect(items[0]).toMatchObject({ tenantId: scope.tenantId, actor: scope.actor, target: "target_3", at: NOW + 3 });
      expect(items[0]?.details).toEqual({ reason: "test" });
      const { backend: again } = await reopen();
      expect(await again.audit.verify(scope.tenantId)).toEqual({ ok: true, entries: 5 });
    });

    test("stays a chain when many append at once, some of which fail", async ({ backend, scope }) => {
      const taken = { id: "ten_x", slug: "taken", createdAt: NOW };
      const workspace = { id: "ws_x", tenantId: "ten_x", slug: "default" };
      await Promise.allSettled(
        Array.from({ length: 50 }, (_, n) =>
          n % 5 === 0
            ? backend.tenants.create(taken, workspace, scope.actor, change("tenant.created", "ten_x"))
            : backend.audit.append(scope, change(`entry.${n}`, "x")),
        ),
      );
      expect(await backend.audit.verify(scope.tenantId)).toEqual({ ok: true, entries: 41 });
      expect(await backend.audit.verify("ten_x")).toEqual({ ok: true, entries: 1 });
    });

    test("keeps a chain of each tenant", async ({ backend, scope, stranger, tamper }) => {
      await append(backend, scope, 2);
      await append(backend, stranger, 3);
      await tamper(stranger.tenantId, { kind: "change_action", seq: 2 });
      expect(await backend.audit.verify(scope.tenantId)).toEqual({ ok: true, entries: 3 });
      expect(await backend.audit.verify(stranger.tenantId)).toMatchObject({ ok: false, seq: 2 });
    });

    test("verifies details whatever JSON they hold", async ({ backend, scope }) => {
      const details = JSON.parse('{"b":1,"a":{"__proto__":{"x":1},"z":[null,1e300,"ü"]},"big":12345678901234567890}');
      await backend.audit.append(scope, { at: NOW, action: "odd.details", target: "x", details });
      await backend.audit.append(scope, {
        at: NOW,
        action: "undefined",
        target: "x",
        details: { gone: undefined } as never,
      });
      expect(await backend.audit.verify(scope.tenantId)).toEqual({ ok: true, entries: 3 });
    });

    test("gathers what one actor does to one thing again and again into the entry that is there", async ({
      backend,
      scope,
    }) => {
      const MINUTE = 60_000;
      const other = grantScope(scope.tenantId, scope.workspaceId, { kind: "user", id: "odd \\ \0" }, scope.permissions);
      const edit = (by: Scope, at: number, target = "wf_1 \\ \0") =>
        backend.audit.append(by, { ...change("workflow.edited", target, NOW + at), gatherMs: 30 * MINUTE });
      const seen = async () =>
        (await backend.audit.list(scope, { limit: 50, cursor: null })).items
          .map(({ action, actor, target, at }) => [action, actor.id, target.slice(0, 4), (at - NOW) / MINUTE])
          .toReversed()
          .slice(1);
      await Promise.all([0, 0, 0, 0].map((at) => edit(scope, at)));
      for (const at of [1, 29]) await edit(scope, at * MINUTE);
      const ours = ["workflow.edited", scope.actor.id, "wf_1", 0];
      expect(await seen()).toEqual([ours]);
      // Another thing, another actor, and whatever came in between, stand for themselves.
      await edit(scope, 29 * MINUTE, "wf_2");
      await edit(other, 29 * MINUTE);
      await edit(other, 29 * MINUTE);
      await edit(scope, 29 * MINUTE);
      await backend.audit.append(scope, change("workflow.published", "wf_1 \\ \0", NOW + 29 * MINUTE));
      await edit(scope, 29 * MINUTE);
      // Half an hour after the entry, not after the last edit.
      await edit(scope, 58 * MINUTE);
      await edit(scope, 59 * MINUTE);
      const at = (minute: number, action = "workflow.edited", target = "wf_1", actor = scope.actor.id) => [
        action,
        actor,
        target,
        minute,
      ];
      expect(await seen()).toEqual([
        ours,
        at(29, "workflow.edited", "wf_2"),
        at(29, "workflow.edited", "wf_1", other.actor.id),
        at(29),
        at(29, "workflow.published"),
        at(29),
        at(59),
      ]);
      expect(await backend.audit.verify(scope.tenantId)).toEqual({ ok: true, entries: 8 });
    });

    test("verifies more entries than a page holds", async ({ backend, scope }) => {
      // Not all at once: on a slow machine the last ones would wait for longer than Postgres's adapter lets anybody.
      await Promise.all(Array.from({ length: 10 }, () => append(backend, scope, 150)));
      expect(await backend.audit.verify(scope.tenantId)).toEqual({ ok: true, entries: 1_501 });
    });

    test("is listed in pages that stay put while entries are added", async ({ backend, scope }) => {
      await append(backend, scope, 5);
      const first = await backend.audit.list(scope, { limit: 4, cursor: null });
      await append(backend, scope, 3);
      const second = await backend.audit.list(scope, { limit: 4, cursor: first.nextCursor });
      expect([...first.items, ...second.items].map(({ seq }) => seq)).toEqual([6, 5, 4, 3, 2, 1]);
      expect(second.nextCursor).toBeNull();
    });

    test("is found by who acted, what kind of thing and since when, in pages", async ({ backend, scope, stranger }) => {
      const as = (id: string) => grantScope(scope.tenantId, scope.workspaceId, { kind: "user", id }, scope.permissions);
      for (let n = 0; n < 9; n += 1) {
        const action = n % 3 === 0 ? "workflow.saved" : "workflows.odd";
        await backend.audit.append(as(n % 2 === 0 ? "user_even" : "user_odd"), change(action, `t${n}`, NOW + n));
      }
      const find = async (filter: AuditFilter, limit = 50) => {
        const targets: string[] = [];
        let cursor: string | null = null;
        do {
          const page: Page<AuditEntry> = await backend.audit.list(scope, { limit, cursor }, filter);
          targets.push(...page.items.map(({ target }) => target));
          cursor = page.nextCursor;
        } while (cursor !== null);
        return targets.join(" ");
      };
      for (const limit of [1, 2, 50]) {
        expect(await find({ actorId: "user_even" }, limit)).toBe("t8 t6 t4 t2 t0");
        expect(await find({ area: "workflow" }, limit)).toBe("t6 t3 t0");
        expect(await find({ area: "workflow", actorId: "user_odd" }, limit)).toBe("t3");
        expect(await find({ since: NOW + 7 }, limit)).toBe("t8 t7");
        expect(await find({ target: "t5 \\ \0" }, limit)).toBe("");
        expect(await find({ target: "t5" }, limit)).toBe("t5");
        expect(await find({ target: "t5", area: "workflow" }, limit)).toBe("");
      }
      expect(await find({ area: "work%" })).toBe("");
      expect((await backend.audit.list(stranger, { limit: 5, cursor: null }, { area: "workflow" })).items).toEqual([]);
    });

    const tamperings: readonly { readonly how: AuditTampering; readonly noticedAt: number }[] = [
      { how: { kind: "change_action", seq: 3 }, noticedAt: 3 },
      { how: { kind: "change_details", seq: 1 }, noticedAt: 1 },
      { how: { kind: "remove", seq: 1 }, noticedAt: 1 },
      { how: { kind: "remove", seq: 3 }, noticedAt: 3 },
      { how: { kind: "remove", seq: 6 }, noticedAt: 6 },
      { how: { kind: "swap", seq: 2, with: 4 }, noticedAt: 2 },
      { how: { kind: "forge", seq: 3 }, noticedAt: 4 },
      { how: { kind: "forge", seq: 6 }, noticedAt: 6 },
      { how: { kind: "append_unseen" }, noticedAt: 7 },
    ];
    for (const { how, noticedAt } of tamperings) {
      const what = "seq" in how ? `${how.kind} of entry ${how.seq}` : how.kind;
      test(`notices at entry ${noticedAt}: ${what}`, async ({ backend, scope, tamper }) => {
        await append(backend, scope, 5);
        await tamper(scope.tenantId, how);
        const verdict = await backend.audit.verify(scope.tenantId);
        expect(verdict).toMatchObject({ ok: false, seq: noticedAt });
      });
    }

    test("an unknown tenant has an empty chain", async ({ backend }) => {
      expect(await backend.audit.verify("ten_nobody")).toEqual({ ok: true, entries: 0 });
    });
  });
}
