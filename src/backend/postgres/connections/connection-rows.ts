import type { Connection } from "../../../domain/connection.ts";
import type { SealedConnection } from "../../../domain/connection-store.ts";
import { type ConnectionRow, connectionOf, sealedOf } from "../../rows/connection-row.ts";
import { decodeColumns, encodeText } from "../text-columns.ts";

const ENCODED = ["name", "problem", "account_id", "account_label"] as const;

export function toConnection(row: ConnectionRow): Connection {
  return connectionOf(decodeColumns(row, ...ENCODED));
}

export function toSealed(row: ConnectionRow): SealedConnection {
  return sealedOf(decodeColumns(row, ...ENCODED));
}

/** Text that people or providers choose, as it is stored; undefined where nothing was given. */
export function encodeOptional(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : encodeText(text);
}
