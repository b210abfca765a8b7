import type { Actor } from "../../../domain/tenant.ts";
import type { NewUser, UserStore } from "../../../domain/user-store.ts";
import { USER_COLUMNS, type UserRow, userOf } from "../../rows/user-row.ts";
import { tenants, workspaces } from "../schema/tenants.ts";
import type { Storage } from "../storage.ts";
import { createMemberStore } from "./member-store.ts";

export function createUserStore(storage: Storage): UserStore {
  const { raw, orm, commits, appendAudit } = storage;
  const byId = raw.query<UserRow, [string, string]>(`SELECT ${USER_COLUMNS} FROM users WHERE tenant_id = ? AND id = ?`);
  const byEmail = raw.query<UserRow, [string, string]>(
    `SELECT ${USER_COLUMNS} FROM users WHERE tenant_id = ? AND email_hash = ?`,
  );
  const allByEmail = raw.query<UserRow, [string]>(
    `SELECT ${USER_COLUMNS} FROM users WHERE email_hash = ? ORDER BY tenant_id`,
  );
  const byIdentity = raw.query<UserRow, [string, string, string]>(
    `SELECT ${USER_COLUMNS} FROM identities JOIN users ON users.id = identities.user_id
     WHERE identities.tenant_id = ? AND issuer = ? AND subject = ?`,
  );
  const anybody = raw.query<{ id: string }, []>("SELECT id FROM users LIMIT 1");
  const takeLink = raw.query<{ id: string }, [string, string]>(
    "DELETE FROM one_time_links WHERE tenant_id = ? AND token_hash = ? RETURNING id",
  );

  /** Inside an intention. */
  function insert({ user, emailHash, passwordHash, identity, membership, link }: NewUser) {
    const { id, tenantId, createdAt } = user;
    if (byEmail.get(tenantId, emailHash)) return "taken";
    if (identity && byIdentity.get(tenantId, identity.issuer, identity.subject)) return "taken";
    if (link !== null && !takeLink.get(tenantId, link)) return "spent";
    raw
      .query(
        `INSERT INTO users (id, tenant_id, email, email_hash, name, password_hash, is_operator, disabled_at, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        id,
        tenantId,
        user.email,
        emailHash,
        user.name,
        passwordHash,
        user.isOperator,
        user.disabledAt,
        createdAt,
        user.updatedAt,
      );
    raw
      .query("INSERT INTO memberships (tenant_id, workspace_id, user_id, role, created_at) VALUES (?, ?, ?, ?, ?)")
      .run(tenantId, membership.workspaceId, id, membership.role, createdAt);
    if (identity) insertIdentity(tenantId, id, identity, createdAt);
    return "created";
  }

  function insertIdentity(
    tenantId: string,
    userId: string,
    { issuer, subject }: { issuer: string; subject: string },
    at: number,
  ) {
    raw
      .query("INSERT INTO identities (tenant_id, issuer, subject, user_id, created_at) VALUES (?, ?, ?, ?, ?)")
      .run(tenantId, issuer, subject, userId, at);
  }

  return {
    ...createMemberStore(storage),

    create(user, actor, change) {
      return commits.submit(() => {
        const outcome = insert(user);
        if (outcome === "created") appendAudit(user.user.tenantId, actor, change);
        return outcome;
      });
    },
    createFirst(user, { tenant, workspace, isNew }, actor, changes) {
      return commits.submit(() => {
        if (anybody.get()) return "late";
        if (isNew && raw.query("SELECT id FROM tenants WHERE slug = ?").get(tenant.slug)) return "taken";
        if (isNew) {
          orm.insert(tenants).values(tenant).run();
          orm.insert(workspaces).values(workspace).run();
        }
        insert(user);
        for (const change of changes) appendAudit(tenant.id, actor, change);
        return "created";
      });
    },
    async hasAny() {
      return anybody.get() !== null;
    },
    async findForSignIn(emailHash) {
      return allByEmail.all(emailHash).map(toUserForSignIn);
    },
    async find(tenantId, id) {
      const row = byId.get(tenantId, id);
      return row ? toUserForSignIn(row) : null;
    },
    async findByIdentity(tenantId, { issuer, subject }) {
      const row = byIdentity.get(tenantId, issuer, subject);
      return row ? userOf(row) : null;
    },
    async findByEmail(tenantId, emailHash) {
      const row = byEmail.get(tenantId, emailHash);
      return row ? userOf(row) : null;
    },
    async identities(tenantId, id) {
      return raw
        .query<{ issuer: string; subject: string }, [string, string]>(
          "SELECT issuer, subject FROM identities WHERE tenant_id = ? AND user_id = ? ORDER BY created_at",
        )
        .all(tenantId, id)
        .map(({ issuer, subject }) => ({ issuer, subject }));
    },
    addIdentity(tenantId, id, identity, at, actor, change) {
      return commits.submit(() => {
        if (byIdentity.get(tenantId, identity.issuer, identity.subject)) return "taken";
        insertIdentity(tenantId, id, identity, at);
        appendAudit(tenantId, actor, change);
        return "added";
      });
    },
    removeIdentity(tenantId, id, { issuer, subject }, actor, change) {
      return commits.submit(() => {
        const { changes } = raw
          .query("DELETE FROM identities WHERE tenant_id = ? AND user_id = ? AND issuer = ? AND subject = ?")
          .run(tenantId, id, issuer, subject);
        if (changes > 0) appendAudit(tenantId, actor, change);
        return changes > 0;
      });
    },
    rename(tenantId, id, name, actor, change) {
      return commits.submit(() => {
        const { changes } = raw
          .query("UPDATE users SET name = ?, updated_at = ? WHERE tenant_id = ? AND id = ?")
          .run(name, change.at, tenantId, id);
        if (changes > 0) appendAudit(tenantId, actor, change);
        return changes > 0;
      });
    },
    setMailsWanted(tenantId, id, wanted, actor, change) {
      return commits.submit(() => {
        const { changes } = raw
          .query("UPDATE users SET mails_wanted = ?, updated_at = ? WHERE tenant_id = ? AND id = ?")
          .run(wanted ? 1 : 0, change.at, tenantId, id);
        if (changes > 0) appendAudit(tenantId, actor, change);
        return changes > 0;
      });
    },
    changeEmail(tenantId, id, { email, emailHash }, actor, change) {
      return commits.submit(() => {
        const holder = byEmail.get(tenantId, emailHash);
        if (holder && holder.id !== id) return "taken";
        const { changes } = raw
          .query("UPDATE users SET email = ?, email_hash = ?, updated_at = ? WHERE tenant_id = ? AND id = ?")
          .run(email, emailHash, change.at, tenantId, id);
        if (changes === 0) return "missing";
        appendAudit(tenantId, actor, change);
        return "changed";
      });
    },
    setPassword(tenantId, id, { hash, keepSession, link }, actor: Actor, change) {
      return commits.submit(() => {
        if (!byId.get(tenantId, id)) return "missing";
        if (link !== null && !takeLink.get(tenantId, link)) return "spent";
        raw.query("UPDATE users SET password_hash = ?, updated_at = ? WHERE id = ?").run(hash, change.at, id);
        raw.query("DELETE FROM sessions WHERE user_id = ? AND id <> ?").run(id, keepSession ?? "");
        raw.query("DELETE FROM one_time_links WHERE tenant_id = ? AND user_id = ?").run(tenantId, id);
        appendAudit(tenantId, actor, change);
        return "changed";
      });
    },
  };
}

function toUserForSignIn(row: UserRow) {
  return { user: userOf(row), passwordHash: row.password_hash };
}
