/**
 * Postgres text holds neither NUL nor half a surrogate pair, JavaScript strings and SQLite do. JSON text never needs
 * them (`JSON.stringify` escapes both); any other text that people or providers choose goes through here and comes
 * back as it was, because an event id that changed on its way would give another idempotency key.
 */
export function encodeText(text: string): string {
  if (!MUST_ESCAPE.test(text) && text.isWellFormed()) return text;
  return text.replace(ESCAPED, escapeUnit);
}

/** The same, without the characters that separate values in `column-texts.ts`. */
export function encodeLine(text: string): string {
  return encodeText(text).replace(/[\t\n]/g, escapeUnit);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
const MUST_ESCAPE = /[\0\\]/;
const ESCAPED = /[\0\\]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

export function decodeText(stored: string): string {
  if (!stored.includes("\\")) return stored;
  return stored.replace(/\\u([0-9a-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

const ENCODED = [
  "api_keys.name",
  "audit_log.actor_id",
  "audit_log.target",
  "connection_accounts.account_id",
  "connection_events.message",
  "connections.account_id",
  "connections.account_label",
  "connections.name",
  "connections.problem",
  "event_routes.account_id",
  "identities.issuer",
  "identities.subject",
  "mails.problem",
  "mails.recipient",
  "mails.subject",
  "oauth_app_problems.problem",
  "oauth_clients.client_id",
  "polls.problem",
  "revocations.account_id",
  "revocations.account_label",
  "run_alerts.reason",
  "runs.event_id",
  "sessions.address",
  "sessions.user_agent",
  "steps.idempotency_key",
  "trigger_subscriptions.problem",
  "users.email",
  "users.name",
  "variables.name",
  "workflow_versions.created_by",
  "workflows.name",
] as const;
/** The columns that are stored so, for whoever writes them without their store. */
export const ENCODED_COLUMNS: ReadonlySet<string> = new Set(ENCODED);
type EncodedName<Column = (typeof ENCODED)[number]> = Column extends `${string}.${infer Name}` ? Name : never;

/** The row with these of its columns as they were given. */
export function decodeColumns<Row extends object>(
  row: Row,
  ...columns: readonly Extract<keyof Row, EncodedName>[]
): Row {
  const decoded = { ...row } as Record<PropertyKey, unknown>;
  for (const column of columns) {
    const stored = decoded[column];
    if (typeof stored === "string") decoded[column] = decodeText(stored);
  }
  return decoded as Row;
}
