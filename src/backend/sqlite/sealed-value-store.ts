import type { SealedPlace, SealedValueStore } from "../../domain/sealed-value-store.ts";
import type { Storage } from "./storage.ts";

/** `table` and `field` name the place an envelope is bound to; `from`, `row` and `column` say where it is kept. */
const SOURCES = [
  { table: "connections", field: "credential", from: "connections", row: "id", column: "sealed_credential" },
  { table: "hooks", field: "secret", from: "hooks", row: "workflow_id", column: "sealed_secret" },
  { table: "two_factors", field: "secret", from: "two_factors", row: "user_id", column: "sealed_secret" },
  { table: "sign_in_settings", field: "secret", from: "sign_in_settings", row: "tenant_id", column: "sealed_secret" },
  { table: "oauth_clients", field: "secret", from: "oauth_clients", row: "provider", column: "sealed_secret" },
  { table: "event_apps", field: "secrets", from: "event_apps", row: "connector", column: "sealed_secrets" },
  { table: "mails", field: "content", from: "mails", row: "id", column: "sealed_content" },
  {
    table: "trigger_subscriptions",
    field: "sealed",
    from: "trigger_subscriptions",
    row: "workflow_id",
    column: "sealed",
  },
  { table: "revocations", field: "credential", from: "revocations", row: "id", column: "sealed_credential" },
] as const;

export function createSealedValueStore({ raw, commits }: Storage): SealedValueStore {
  const statements = SOURCES.map(({ from, row, column }) => ({
    select: raw.prepare<{ row: string; envelope: string }, [string, string, number]>(
      `SELECT ${row} AS row, ${column} AS envelope FROM ${from} WHERE tenant_id = ? AND ${row} > ? AND ${column} IS NOT NULL ORDER BY ${row} LIMIT ?`,
    ),
    update: raw.prepare(`UPDATE ${from} SET ${column} = ? WHERE tenant_id = ? AND ${row} = ? AND ${column} = ?`),
  }));

  return {
    async page(tenantId, after, limit) {
      const { source, row } = readCursor(after);
      const named = SOURCES[source];
      const statement = statements[source];
      if (!named || !statement) return { values: [], next: null };
      const rows = statement.select.all(tenantId, row, limit);
      const { table, field } = named;
      const values = rows.map((each) => ({ place: { table, row: each.row, field }, envelope: each.envelope }));
      const last = rows.length === limit ? rows.at(-1) : undefined;
      const isEnd = !last && source + 1 === SOURCES.length;
      return { values, next: isEnd ? null : last ? `${source} ${last.row}` : `${source + 1} ` };
    },
    replace: (tenantId, place, from, to) =>
      commits.submit(() => statements[sourceOf(place)]?.update.run(to, tenantId, place.row, from).changes === 1),
  };
}

function sourceOf({ table, field }: SealedPlace): number {
  return SOURCES.findIndex((source) => source.table === table && source.field === field);
}

function readCursor(after: string | null): { readonly source: number; readonly row: string } {
  const [source = "0", row = ""] = after?.split(" ") ?? [];
  return { source: Number(source), row };
}
