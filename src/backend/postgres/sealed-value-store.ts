import type { SealedPlace, SealedValueStore } from "../../domain/sealed-value-store.ts";
import type { Storage } from "./storage.ts";

/** `table` and `field` name the place an envelope is bound to; `from`, `row` and `column` say where it is kept. */
const SOURCES = [
  { table: "connections", field: "credential", from: "connections", row: "id", column: "sealed_credential" },
  { table: "hooks", field: "secret", from: "hook_secrets", row: "workflow_id", column: "sealed_secret" },
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

export function createSealedValueStore({ database }: Storage): SealedValueStore {
  return {
    async page(tenantId, after, limit) {
      const { source, row } = readCursor(after);
      const named = SOURCES[source];
      if (!named) return { values: [], next: null };
      const { table, field } = named;
      const rows = await database.read(tenantId, (run) =>
        run<{ row: string; envelope: string }>(
          `SELECT ${named.row} AS row, ${named.column} AS envelope FROM ${named.from}
           WHERE tenant_id = $1 AND ${named.row} > $2 AND ${named.column} IS NOT NULL
           ORDER BY ${named.row} LIMIT $3::integer`,
          [tenantId, row, limit],
        ),
      );
      const values = rows.map((each) => ({ place: { table, row: each.row, field }, envelope: each.envelope }));
      const last = rows.length === limit ? rows.at(-1) : undefined;
      const isEnd = !last && source + 1 === SOURCES.length;
      return { values, next: isEnd ? null : last ? `${source} ${last.row}` : `${source + 1} ` };
    },
    async replace(tenantId, place, from, to) {
      const source = sourceOf(place);
      if (!source) return false;
      return database.write(tenantId, async ({ run }) => {
        const { count } = await run(
          `UPDATE ${source.from} SET ${source.column} = $4
           WHERE tenant_id = $1 AND ${source.row} = $2 AND ${source.column} = $3`,
          [tenantId, place.row, from, to],
        );
        return count === 1;
      });
    },
  };
}

function sourceOf({ table, field }: SealedPlace) {
  return SOURCES.find((source) => source.table === table && source.field === field);
}

function readCursor(after: string | null): { readonly source: number; readonly row: string } {
  const [source = "0", row = ""] = after?.split(" ") ?? [];
  return { source: Number(source), row };
}
