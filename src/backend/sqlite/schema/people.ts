import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Role } from "../../../domain/permission.ts";
import { tenantColumn, tenants, workspaceColumn } from "./tenants.ts";

export const users = sqliteTable(
  "users",
  {
    id: text("id").primaryKey(),
    tenantId: tenantColumn(),
    email: text("email").notNull(),
    /** SHA-256 of the address in lower case: how somebody is found who signs in. */
    emailHash: text("email_hash").notNull(),
    name: text("name").notNull(),
    /** Null for somebody who only signs in through the tenant's OpenID provider. */
    passwordHash: text("password_hash"),
    isOperator: integer("is_operator", { mode: "boolean" }).notNull(),
    disabledAt: integer("disabled_at"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
    /** Whether they are mailed about failed runs and connections; null: as their role has it. */
    mailsWanted: integer("mails_wanted", { mode: "boolean" }),
  },
  (table) => [
    uniqueIndex("users_by_email").on(table.tenantId, table.emailHash),
    index("users_by_email_hash").on(table.emailHash),
  ],
);

export const memberships = sqliteTable(
  "memberships",
  {
    tenantId: tenantColumn(),
    workspaceId: workspaceColumn(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id),
    role: text("role").$type<Role>().notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.userId] }),
    index("memberships_by_user").on(table.userId),
  ],
);

/** Who somebody is at an OpenID provider; never told by the e-mail address. */
export const identities = sqliteTable(
  "identities",
  {
    tenantId: tenantColumn(),
    issuer: text("issuer").notNull(),
    subject: text("subject").notNull(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.issuer, table.subject] }),
    index("identities_by_user").on(table.userId),
  ],
);

export const sessions = sqliteTable(
  "sessions",
  {
    id: text("id").primaryKey(),
    tenantId: tenantColumn(),
    workspaceId: text("workspace_id").notNull(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id),
    tokenHash: text("token_hash").notNull().unique(),
    createdAt: integer("created_at").notNull(),
    lastSeenAt: integer("last_seen_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
    /** However much it is used. */
    endsAt: integer("ends_at").notNull(),
    address: text("address").notNull(),
    userAgent: text("user_agent").notNull(),
  },
  (table) => [index("sessions_by_user").on(table.userId), index("sessions_by_expiry").on(table.expiresAt)],
);

export const twoFactors = sqliteTable("two_factors", {
  userId: text("user_id")
    .primaryKey()
    .references(() => users.id),
  tenantId: tenantColumn(),
  sealedSecret: text("sealed_secret").notNull(),
  /** The time step of the last code that was taken; neither it nor an earlier one is taken again. */
  lastStep: integer("last_step").notNull(),
  createdAt: integer("created_at").notNull(),
});

export const recoveryCodes = sqliteTable(
  "recovery_codes",
  {
    tenantId: tenantColumn(),
    userId: text("user_id")
      .notNull()
      .references(() => users.id),
    codeHash: text("code_hash").notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.codeHash] })],
);

/** Invitations, password resets, half-done sign-ins: what one person does once, with a secret of which this is the hash. */
export const oneTimeLinks = sqliteTable(
  "one_time_links",
  {
    id: text("id").primaryKey(),
    tenantId: tenantColumn(),
    workspaceId: text("workspace_id"),
    kind: text("kind").notNull(),
    tokenHash: text("token_hash").notNull().unique(),
    userId: text("user_id"),
    payload: text("payload").notNull(),
    createdAt: integer("created_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
  },
  (table) => [
    index("one_time_links_by_kind").on(table.tenantId, table.kind, table.id),
    index("one_time_links_by_user").on(table.userId),
    index("one_time_links_by_expiry").on(table.expiresAt),
  ],
);

export const signInSettings = sqliteTable("sign_in_settings", {
  tenantId: text("tenant_id")
    .primaryKey()
    .references(() => tenants.id),
  twoFactorRequired: integer("two_factor_required", { mode: "boolean" }).notNull(),
  /** JSON of the OpenID provider without its secret; null: none. */
  provider: text("provider"),
  sealedSecret: text("sealed_secret"),
});
