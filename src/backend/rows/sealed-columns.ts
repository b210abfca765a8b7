import type { SealedValueStore } from "../../domain/sealed-value-store.ts";

/** Every column that holds envelopes. `table` and `field` name the place an envelope is bound to. */
const COLUMNS = [
  { table: "connections", field: "credential", row: "id", column: "sealed_credential" },
  { table: "hooks", field: "secret", row: "workflow_id", column: "sealed_secret" },
  { table: "two_factors", field: "secret", row: "user_id", column: "sealed_secret" },
  { table: "sign_in_settings", field: "secret", row: "tenant_id", column: "sealed_secret" },
  { table: "oauth_clients", field: "secret", row: "provider", column: "sealed_secret" },
  { table: "event_apps", field: "secrets", row: "connector", column: "sealed_secrets" },
  { table: "mails", field: "content", row: "id", column: "sealed_content" },
  { table: "trigger_subscriptions", field: "sealed", row: "workflow_id", column: "sealed" },
  { table: "revocations", field: "credential", row: "id", column: "sealed_credential" },
] as const;
export type SealedColumn = (typeof COLUMNS)[number];

export interface SealedRow {
  readonly row: string;
  readonly envelope: string;
}

/** Walks the columns one after another; a cursor is the number of a column and the last row that was read of it. */
export function walkSealedColumns(
  read: (column: SealedColumn, tenantId: string, after: string, limit: number) => Promise<readonly SealedRow[]>,
  replace: (column: SealedColumn, tenantId: string, row: string, from: string, to: string) => Promise<boolean>,
): SealedValueStore {
  return {
    async page(tenantId, after, limit) {
      const [number = "0", lastRow = ""] = after?.split(" ") ?? [];
      const column = COLUMNS[Number(number)];
      if (!column) return { values: [], next: null };
      const { table, field } = column;
      const rows = await read(column, tenantId, lastRow, limit);
      const values = rows.map(({ row, envelope }) => ({ place: { table, row, field }, envelope }));
      const last = rows.length === limit ? rows.at(-1) : undefined;
      if (last) return { values, next: `${number} ${last.row}` };
      return { values, next: Number(number) + 1 < COLUMNS.length ? `${Number(number) + 1} ` : null };
    },
    async replace(tenantId, { table, row, field }, from, to) {
      const column = COLUMNS.find((each) => each.table === table && each.field === field);
      return column ? replace(column, tenantId, row, from, to) : false;
    },
  };
}
