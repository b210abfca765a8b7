import { describe, expect } from "bun:test";
import type { NewMail } from "../../domain/mail-store.ts";
import { newId } from "../../platform/ids.ts";
import { backendTests, type OpenBackendUnderTest } from "./backend-under-test.ts";
import { NOW } from "./samples.ts";

const MINUTE = 60_000;
const EVERYTHING = { limit: 50, cursor: null };

export function sampleMail(patch: Partial<NewMail> = {}): NewMail {
  const id = newId("mail");
  return {
    id,
    key: `connection/conn_1/1/${id}`,
    recipient: "ada@example.com",
    subject: "Vendor has to be reconnected",
    sealedContent: "sealed",
    createdAt: NOW,
    giveUpAt: NOW + 60 * MINUTE,
    ...patch,
  };
}

export function mailContract(open: OpenBackendUnderTest): void {
  const test = backendTests(open);
  const lease = { now: NOW, until: NOW + 3 * MINUTE };

  describe("mails", () => {
    test("are claimed when they are due, of all tenants, as they were added", async ({ backend, scope, stranger }) => {
      const odd = sampleMail({ recipient: "ü\\u0041@example.com", subject: "nul \0 and \\u0000 🚀" });
      const theirs = sampleMail();
      const later = sampleMail({ createdAt: NOW + 1 });
      expect(await backend.mails.add(scope, [odd, later])).toBe(true);
      expect(await backend.mails.add(stranger, [theirs])).toBe(true);
      const claimed = [...(await backend.mails.claim(lease, 10))].sort((a, b) => (a.id < b.id ? -1 : 1));
      const { tenantId, workspaceId } = scope;
      expect(claimed).toEqual([
        { ...odd, tenantId, workspaceId, attempts: 1 },
        { ...theirs, tenantId: stranger.tenantId, workspaceId: stranger.workspaceId, attempts: 1 },
      ]);
      const next = { now: NOW + 1, until: NOW + MINUTE };
      expect((await backend.mails.claim(next, 10)).map(({ id }) => id)).toEqual([later.id]);
    });

    test("one with a key that is there already is dropped, also after it was sent", async (world) => {
      const { backend, scope, stranger } = world;
      const first = sampleMail({ key: "connection/conn_1/1/usr_1" });
      await backend.mails.add(scope, [first]);
      expect(await backend.mails.add(scope, [sampleMail({ key: first.key })])).toBe(false);
      const [claimed] = await backend.mails.claim(lease, 10);
      expect(await backend.mails.sent(claimed!, NOW)).toBe(true);
      expect(await backend.mails.add(scope, [sampleMail({ key: first.key })])).toBe(false);
      expect(await backend.mails.add(stranger, [sampleMail({ key: first.key })])).toBe(true);
      expect(await backend.mails.add(scope, [sampleMail({ key: first.key }), sampleMail()])).toBe(true);
      expect(await backend.mails.claim(lease, 10)).toHaveLength(2);
    });

    test("of two processes that store the same mail at once, one does", async (world) => {
      const beside = await world.openBeside();
      const key = "connection/conn_1/1/usr_1";
      const added = await Promise.all(
        [world.backend, beside, world.backend, beside].map((each) =>
          each.mails.add(world.scope, [sampleMail({ key })]),
        ),
      );
      expect(added.filter((isNew) => isNew)).toHaveLength(1);
      await beside.close();
    });

    test("each is claimed by one of many who look at the same time, and again after the lease", async (world) => {
      const beside = await world.openBeside();
      const mails = Array.from({ length: 20 }, () => sampleMail());
      await world.backend.mails.add(world.scope, mails);
      const looks = [world.backend, beside, world.backend, beside, world.backend].map((each) =>
        each.mails.claim(lease, 5),
      );
      const ids = (await Promise.all(looks)).flat().map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      // Who is in another's way may be given fewer; the rest is there for the next look.
      const rest = await world.backend.mails.claim(lease, 50);
      expect([...ids, ...rest.map(({ id }) => id)].sort()).toEqual(mails.map(({ id }) => id).sort());
      expect(await beside.mails.claim({ now: lease.until - 1, until: lease.until + MINUTE }, 50)).toEqual([]);
      const again = await beside.mails.claim({ now: lease.until, until: lease.until + MINUTE }, 50);
      expect(again.map(({ attempts }) => attempts)).toEqual(mails.map(() => 2));
      await beside.close();
    });

    test("whoever lost the claim settles nothing", async ({ backend, scope }) => {
      await backend.mails.add(scope, [sampleMail()]);
      const [first] = await backend.mails.claim(lease, 1);
      const [second] = await backend.mails.claim({ now: lease.until, until: lease.until + MINUTE }, 1);
      expect(second).toMatchObject({ id: first!.id, attempts: 2 });
      expect(await backend.mails.sent(first!, NOW)).toBe(false);
      expect(await backend.mails.postpone(first!, { dueAt: NOW, problem: "x" })).toBe(false);
      expect(await backend.mails.fail(first!, { at: NOW, problem: "x" })).toBe(false);
      expect(await backend.mails.sent(second!, NOW)).toBe(true);
      expect(await backend.mails.sent(second!, NOW)).toBe(false);
    });

    test("one that was put off is due again then, and says why", async (world) => {
      const { backend, scope, reopen } = world;
      const mail = sampleMail();
      await backend.mails.add(scope, [mail]);
      const [claimed] = await backend.mails.claim(lease, 1);
      const problem = "451 \\u0041 try later \0";
      expect(await backend.mails.postpone(claimed!, { dueAt: NOW + MINUTE, problem })).toBe(true);
      expect(await backend.mails.claim({ now: NOW + MINUTE - 1, until: NOW + 2 * MINUTE }, 1)).toEqual([]);
      const { items } = await backend.mails.undelivered(scope, EVERYTHING);
      const { id, recipient, subject } = mail;
      expect(items).toEqual([
        { id, recipient, subject, state: "queued", attempts: 1, problem, createdAt: NOW, dueAt: NOW + MINUTE },
      ]);
      const { backend: reopened } = await reopen();
      const [again] = await reopened.mails.claim({ now: NOW + MINUTE, until: NOW + 2 * MINUTE }, 1);
      expect(again).toMatchObject({ id, attempts: 2, sealedContent: "sealed" });
    });

    test("one that failed stays to be seen, is not tried, and can be sent again", async (world) => {
      const { backend, scope, stranger, neighbour } = world;
      const mail = sampleMail();
      await backend.mails.add(scope, [mail]);
      const [claimed] = await backend.mails.claim(lease, 1);
      expect(await backend.mails.fail(claimed!, { at: NOW, problem: "550 no such user" })).toBe(true);
      const failed = { id: mail.id, state: "failed", problem: "550 no such user", dueAt: null };
      expect((await backend.mails.undelivered(scope, EVERYTHING)).items).toMatchObject([failed]);
      for (const other of [stranger, neighbour]) {
        expect((await backend.mails.undelivered(other, EVERYTHING)).items).toEqual([]);
        expect(await backend.mails.retry(other, mail.id, { now: NOW, giveUpAt: NOW + 1 })).toBe(false);
      }
      expect(await backend.mails.claim({ now: NOW + 1e9, until: NOW + 2e9 }, 1)).toEqual([]);
      const times = { now: NOW + MINUTE, giveUpAt: NOW + 9 * MINUTE };
      expect(await backend.mails.retry(scope, mail.id, times)).toBe(true);
      expect(await backend.mails.retry(scope, mail.id, times)).toBe(false);
      const [again] = await backend.mails.claim({ now: NOW + MINUTE, until: NOW + 2 * MINUTE }, 1);
      expect(again).toMatchObject({ id: mail.id, attempts: 2, giveUpAt: NOW + 9 * MINUTE, sealedContent: "sealed" });
      expect(await backend.mails.sent(again!, NOW + MINUTE)).toBe(true);
      expect((await backend.mails.undelivered(scope, EVERYTHING)).items).toEqual([]);
    });

    test("the list has pages, the newest first", async ({ backend, scope }) => {
      const mails = Array.from({ length: 5 }, () => sampleMail());
      await backend.mails.add(scope, mails);
      const first = await backend.mails.undelivered(scope, { limit: 3, cursor: null });
      const second = await backend.mails.undelivered(scope, { limit: 3, cursor: first.nextCursor });
      expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(mails.map(({ id }) => id).reverse());
      expect(second.nextCursor).toBeNull();
    });

    test("what was sent or failed is forgotten in time, what waits never", async ({ backend, scope }) => {
      const [sent, failed, waiting] = [sampleMail(), sampleMail(), sampleMail()];
      await backend.mails.add(scope, [sent, failed, waiting]);
      const claimed = new Map((await backend.mails.claim(lease, 3)).map((mail) => [mail.id, mail]));
      await backend.mails.sent(claimed.get(sent.id)!, NOW);
      await backend.mails.fail(claimed.get(failed.id)!, { at: NOW + 1, problem: "x" });
      expect(await backend.mails.prune(NOW, 10)).toBe(0);
      expect(await backend.mails.prune(NOW + 1, 10)).toBe(1);
      expect(await backend.mails.add(scope, [sampleMail({ key: sent.key })])).toBe(true);
      expect(await backend.mails.prune(NOW + MINUTE, 1)).toBe(1);
      const { items } = await backend.mails.undelivered(scope, EVERYTHING);
      expect(items.map(({ id }) => id)).toContain(waiting.id);
      expect(items).toHaveLength(2);
    });
  });
}
