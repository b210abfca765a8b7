import { boolean, foreignKey, index, type PgColumn, pgTable, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core";
import { key, tenantColumn, tenantOnly, time } from "./columns.ts";
import { toTenant, toWorkspace } from "./tenants.ts";

export const users = pgTable(
  "users",
  {
    id: key("id").primaryKey(),
    tenantId: tenantColumn(),
    email: text("email").notNull(),
    /** SHA-256 of the address in lower case: how somebody is found who signs in. */
    emailHash: key("email_hash").notNull(),
    name: text("name").notNull(),
    /** Null for somebody who only signs in through the tenant's OpenID provider. */
    passwordHash: text("password_hash"),
    isOperator: boolean("is_operator").notNull(),
    disabledAt: time("disabled_at"),
    createdAt: time("created_at").notNull(),
    updatedAt: time("updated_at").notNull(),
    /** Whether they are mailed about failed runs and connections; null: as their role has it. */
    mailsWanted: boolean("mails_wanted"),
  },
  (table) => [
    uniqueIndex("users_by_email").on(table.tenantId, table.emailHash),
    toTenant(table.tenantId),
    tenantOnly(),
  ],
);

/** From an address to the tenants whose users have it. */
export const userRoutes = pgTable(
  "user_routes",
  { emailHash: key("email_hash").notNull(), tenantId: tenantColumn(), userId: key("user_id").notNull() },
  (table) => [primaryKey({ columns: [table.emailHash, table.tenantId] })],
);

export const memberships = pgTable(
  "memberships",
  {
    tenantId: tenantColumn(),
    workspaceId: key("workspace_id").notNull(),
    userId: key("user_id").notNull(),
    role: text("role").notNull(),
    createdAt: time("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.userId] }),
    index("memberships_by_user").on(table.userId),
    toWorkspace(table.workspaceId),
    toUser(table.userId),
    tenantOnly(),
  ],
);

/** Who somebody is at an OpenID provider; never told by the e-mail address. */
export const identities = pgTable(
  "identities",
  {
    tenantId: tenantColumn(),
    issuer: text("issuer").notNull(),
    subject: text("subject").notNull(),
    userId: key("user_id").notNull(),
    createdAt: time("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.issuer, table.subject] }),
    index("identities_by_user").on(table.userId),
    toUser(table.userId),
    tenantOnly(),
  ],
);

export const sessions = pgTable(
  "sessions",
  {
    id: key("id").primaryKey(),
    tenantId: tenantColumn(),
    workspaceId: key("workspace_id").notNull(),
    userId: key("user_id").notNull(),
    tokenHash: key("token_hash").notNull().unique(),
    createdAt: time("created_at").notNull(),
    lastSeenAt: time("last_seen_at").notNull(),
    expiresAt: time("expires_at").notNull(),
    /** However much it is used. */
    endsAt: time("ends_at").notNull(),
    address: text("address").notNull(),
    userAgent: text("user_agent").notNull(),
  },
  (table) => [index("sessions_by_user").on(table.userId), toUser(table.userId), tenantOnly()],
);

/** From a presented session to its tenant. */
export const sessionRoutes = pgTable(
  "session_routes",
  { tokenHash: key("token_hash").primaryKey(), tenantId: tenantColumn(), expiresAt: time("expires_at").notNull() },
  (table) => [index("session_routes_by_expiry").on(table.expiresAt)],
);

export const twoFactors = pgTable(
  "two_factors",
  {
    userId: key("user_id").primaryKey(),
    tenantId: tenantColumn(),
    sealedSecret: text("sealed_secret").notNull(),
    /** The time step of the last code that was taken; neither it nor an earlier one is taken again. */
    lastStep: time("last_step").notNull(),
    createdAt: time("created_at").notNull(),
  },
  (table) => [toUser(table.userId), tenantOnly()],
);

export const recoveryCodes = pgTable(
  "recovery_codes",
  { tenantId: tenantColumn(), userId: key("user_id").notNull(), codeHash: key("code_hash").notNull() },
  (table) => [primaryKey({ columns: [table.userId, table.codeHash] }), toUser(table.userId), tenantOnly()],
);

/** Invitations, password resets, half-done sign-ins: what one person does once, with a secret of which this is the hash. */
export const oneTimeLinks = pgTable(
  "one_time_links",
  {
    id: key("id").primaryKey(),
    tenantId: tenantColumn(),
    workspaceId: key("workspace_id"),
    kind: text("kind").notNull(),
    tokenHash: key("token_hash").notNull().unique(),
    userId: key("user_id"),
    payload: text("payload").notNull(),
    createdAt: time("created_at").notNull(),
    expiresAt: time("expires_at").notNull(),
  },
  (table) => [
    index("one_time_links_by_kind").on(table.tenantId, table.kind, table.id),
    index("one_time_links_by_user").on(table.userId),
    toTenant(table.tenantId),
    tenantOnly(),
  ],
);

/** From a presented link to its tenant. */
export const linkRoutes = pgTable(
  "link_routes",
  { tokenHash: key("token_hash").primaryKey(), tenantId: tenantColumn(), expiresAt: time("expires_at").notNull() },
  (table) => [index("link_routes_by_expiry").on(table.expiresAt)],
);

export const signInSettings = pgTable(
  "sign_in_settings",
  {
    tenantId: tenantColumn().primaryKey(),
    twoFactorRequired: boolean("two_factor_required").notNull(),
    /** JSON of the OpenID provider without its secret; null: none. */
    provider: text("provider"),
    sealedSecret: text("sealed_secret"),
  },
  (table) => [toTenant(table.tenantId), tenantOnly()],
);

function toUser(column: PgColumn) {
  return foreignKey({ columns: [column], foreignColumns: [users.id] });
}
