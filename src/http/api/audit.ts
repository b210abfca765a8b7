import { z } from "zod";
import type { AuditEntry } from "../../domain/audit.ts";
import { pageOf, pageQuery, showPage, toPageRequest } from "./page.ts";
import { answer, defineRoute } from "./route.ts";
import { anyJson, showTime, time } from "./values.ts";

const auditEntry = z
  .object({
    seq: z.int().meta({ description: "Counts from 1 without gaps." }),
    at: time,
    actor: z.object({ kind: z.enum(["api_key", "user", "cli", "system"]), id: z.string() }),
    action: z.string(),
    target: z.string(),
    details: z.record(z.string(), anyJson),
    previousHash: z.string(),
    hash: z.string().meta({ description: "Covers this entry and the hash before it." }),
  })
  .meta({ id: "AuditEntry" });

export const auditRoutes = [
  defineRoute({
    method: "GET",
    path: "/audit",
    operation: "listAuditEntries",
    summary: "List who changed what in the tenant",
    needs: "read",
    query: pageQuery,
    responses: { 200: { description: "The entries, newest first.", schema: pageOf(auditEntry) } },
    errors: [],
    async handle({ scope, query }, { audit }) {
      return answer(200, showPage(await audit.list(scope, toPageRequest(query)), show));
    },
  }),
];

function show({ seq, at, actor, action, target, details, previousHash, hash }: AuditEntry): z.input<typeof auditEntry> {
  return {
    seq,
    at: showTime(at),
    actor: { ...actor },
    action,
    target,
    details: { ...details },
    previousHash,
    hash,
  };
}
