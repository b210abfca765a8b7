import type { AuditReader } from "../../audit/read-audit.ts";
import type { AuditEntry } from "../../domain/audit.ts";
import type { Scope } from "../../domain/tenant.ts";
import { describeAudit } from "./describe-audit.ts";
import { fragment, page, respondWith } from "./page-answer.ts";
import { definePage } from "./page-route.ts";

const PAGE_SIZE = 50;
const SINCE_MS: Readonly<Record<string, number>> = {
  "24h": 86_400_000,
  "7d": 604_800_000,
  "30d": 2_592_000_000,
  "365d": 31_536_000_000,
};

export const auditPages = [
  definePage({
    method: "GET",
    path: "/audit",
    access: "audit.read",
    async handle({ signedIn: { scope }, query }, services) {
      const { audit, clock } = services;
      const filter = {
        actor: /^[\x20-\x7e]{1,200}$/.exec(query.get("actor") ?? "")?.[0] ?? "",
        target: /^[\x20-\x7e]{1,200}$/.exec(query.get("target") ?? "")?.[0] ?? "",
        area: /^[a-z_]{1,50}$/.exec(query.get("area") ?? "")?.[0] ?? "",
        since: Object.hasOwn(SINCE_MS, query.get("since") ?? "") ? (query.get("since") ?? "") : "",
      };
      const sinceMs = SINCE_MS[filter.since];
      const cursor = query.get("cursor");
      const found = await audit.list(
        scope,
        { limit: PAGE_SIZE, cursor },
        {
          actorId: filter.actor === "" ? null : filter.actor,
          target: filter.target === "" ? null : filter.target,
          area: filter.area === "" ? null : filter.area,
          since: sinceMs === undefined ? null : clock.now() - sinceMs,
        },
      );
      const { AuditPage } = await import("../../../views/audit/audit-page.tsx");
      const entries = await describeAudit(found.items, scope, services);
      const names = await audit.actorNames(scope, asActor(filter.actor));
      const shown = entries.find(({ target }) => target.id === filter.target);
      const view = AuditPage({
        entries,
        filter,
        filterNames: {
          actor: names.get(filter.actor) ?? filter.actor,
          target: shown?.target.name ?? filter.target,
        },
        addressWith: (change) => addressOf({ ...filter, ...change }, null),
        older: found.nextCursor === null ? null : addressOf(filter, found.nextCursor),
        newest: cursor === null ? null : addressOf(filter, null),
      });
      return page({ title: "Audit log", section: "audit" }, view);
    },
  }),

  definePage({
    method: "GET",
    path: "/audit/verify",
    access: "audit.read",
    async handle({ signedIn: { scope } }, { audit }) {
      const { Verdict } = await import("../../../views/audit/_verdict.tsx");
      return fragment(Verdict({ verdict: await audit.verify(scope) }));
    },
  }),

  definePage({
    method: "GET",
    path: "/audit/export",
    access: "audit.read",
    async handle({ signedIn: { scope, tenant } }, { audit, clock }) {
      const name = `audit-${tenant.slug}-${new Date(clock.now()).toISOString().slice(0, 10)}.jsonl`;
      const headers = { "content-type": "application/jsonl", "content-disposition": `attachment; filename="${name}"` };
      return respondWith(new Response(exportLines(audit, scope), { headers }));
    },
  }),
];

/** The one that is filtered by may have no entry on this page; of its kind its id tells nothing. */
function asActor(id: string) {
  return id === "" ? [] : [{ kind: "user" as const, id }];
}

/** One entry a line, read as fast as the browser takes them. */
function exportLines(audit: AuditReader, scope: Scope): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const entries: AsyncIterator<AuditEntry> = audit.all(scope)[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const next = await entries.next();
      if (next.done === true) controller.close();
      else controller.enqueue(encoder.encode(`${JSON.stringify(next.value)}\n`));
    },
    async cancel() {
      await entries.return?.();
    },
  });
}

function addressOf(filter: Readonly<Record<string, string>>, cursor: string | null): string {
  const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== ""));
  if (cursor !== null) query.set("cursor", cursor);
  return query.size === 0 ? "/audit" : `/audit?${query}`;
}
