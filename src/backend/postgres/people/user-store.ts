import type { Identity } from "../../../domain/user.ts";
import type { NewUser, UserStore } from "../../../domain/user-store.ts";
import { USER_COLUMNS, type UserRow } from "../../rows/user-row.ts";
import type { Statement } from "../database.ts";
import type { Storage } from "../storage.ts";
import { encodeText } from "../text-columns.ts";
import { endLinksOf, endSessionsOf, takeLink } from "./end-links.ts";
import { createMemberStore } from "./member-store.ts";
import { toUser, toUserForSignIn } from "./user-rows.ts";

/** Held while the installation's first person is made: of several replicas one makes it. */
const FIRST_USER_LOCK = 7_304_115_928;

export function createUserStore(storage: Storage): UserStore {
  const { database, change, appendAudit } = storage;

  async function selectOne(tenantId: string, where: string, values: readonly string[]): Promise<UserRow | null> {
    const [row] = await database.read(tenantId, (run) =>
      run<UserRow>(`SELECT ${USER_COLUMNS} FROM users WHERE ${where}`, values),
    );
    return row ?? null;
  }

  return {
    ...createMemberStore(storage),

    create(user, actor, entry) {
      const { tenantId } = user.user;
      return change(tenantId, async (transaction) => {
        const outcome = await transaction
          .savepoint<"created" | "taken" | "spent">(async () => {
            const inserted = await insertUser(transaction.run, user);
            if (inserted !== "created") throw new Undone(inserted);
            return inserted;
          })
          .catch(outcomeOf);
        if (outcome === "created") await appendAudit(transaction, tenantId, actor, entry);
        return outcome;
      });
    },
    createFirst(user, { tenant, workspace, isNew }, actor, entries) {
      return change(tenant.id, async (transaction) => {
        const { run } = transaction;
        await run("SELECT pg_advisory_xact_lock($1::bigint)", [FIRST_USER_LOCK]);
        if ((await run("SELECT user_id FROM user_routes LIMIT 1")).count > 0) return "late";
        if (isNew) {
          const { count } = await run(
            "INSERT INTO tenants (id, slug, created_at) VALUES ($1, $2, $3::bigint) ON CONFLICT DO NOTHING",
            [tenant.id, tenant.slug, tenant.createdAt],
          );
          if (count === 0) return "taken";
          await run("INSERT INTO workspaces (id, tenant_id, slug) VALUES ($1, $2, $3)", [
            workspace.id,
            tenant.id,
            workspace.slug,
          ]);
        }
        await insertUser(run, user);
        for (const entry of entries) await appendAudit(transaction, tenant.id, actor, entry);
        return "created";
      });
    },
    async hasAny() {
      return (await database.query("SELECT user_id FROM user_routes LIMIT 1")).count > 0;
    },
    async findForSignIn(emailHash) {
      const routes = await database.query<{ tenant_id: string; user_id: string }>(
        "SELECT tenant_id, user_id FROM user_routes WHERE email_hash = $1 ORDER BY tenant_id",
        [emailHash],
      );
      const rows: UserRow[] = [];
      for (const { tenant_id, user_id } of routes) {
        const row = await selectOne(tenant_id, "id = $1", [user_id]);
        if (row) rows.push(row);
      }
      return rows.map(toUserForSignIn);
    },
    async find(tenantId, id) {
      const row = await selectOne(tenantId, "id = $1", [id]);
      return row && toUserForSignIn(row);
    },
    async findByIdentity(tenantId, { issuer, subject }) {
      const held = "id = (SELECT user_id FROM identities WHERE issuer = $1 AND subject = $2)";
      const row = await selectOne(tenantId, held, [encodeText(issuer), encodeText(subject)]);
      return row && toUser(row);
    },
    async findByEmail(tenantId, emailHash) {
      const row = await selectOne(tenantId, "email_hash = $1", [emailHash]);
      return row && toUser(row);
    },
    async identities(tenantId, id) {
      const rows = await database.read(tenantId, (run) =>
        run<Identity>("SELECT issuer, subject FROM identities WHERE user_id = $1 ORDER BY created_at", [id]),
      );
      return rows.map(({ issuer, subject }) => ({ issuer, subject }));
    },
    addIdentity(tenantId, id, identity, at, actor, entry) {
      return change(tenantId, async (transaction) => {
        if (!(await insertIdentity(transaction.run, tenantId, id, identity, at))) return "taken";
        await appendAudit(transaction, tenantId, actor, entry);
        return "added";
      });
    },
    removeIdentity(tenantId, id, { issuer, subject }, actor, entry) {
      return change(tenantId, async (transaction) => {
        const { count } = await transaction.run(
          "DELETE FROM identities WHERE user_id = $1 AND issuer = $2 AND subject = $3",
          [id, encodeText(issuer), encodeText(subject)],
        );
        if (count > 0) await appendAudit(transaction, tenantId, actor, entry);
        return count > 0;
      });
    },
    rename(tenantId, id, name, actor, entry) {
      return change(tenantId, async (transaction) => {
        const { count } = await transaction.run("UPDATE users SET name = $2, updated_at = $3::bigint WHERE id = $1", [
          id,
          encodeText(name),
          entry.at,
        ]);
        if (count > 0) await appendAudit(transaction, tenantId, actor, entry);
        return count > 0;
      });
    },
    setMailsWanted(tenantId, id, wanted, actor, entry) {
      return change(tenantId, async (transaction) => {
        const { count } = await transaction.run(
          "UPDATE users SET mails_wanted = $2, updated_at = $3::bigint WHERE id = $1",
          [id, wanted, entry.at],
        );
        if (count > 0) await appendAudit(transaction, tenantId, actor, entry);
        return count > 0;
      });
    },
    changeEmail(tenantId, id, { email, emailHash }, actor, entry) {
      return change(tenantId, async (transaction) => {
        const { run } = transaction;
        const [user] = await run<{ email_hash: string }>("SELECT email_hash FROM users WHERE id = $1 FOR UPDATE", [id]);
        if (!user) return "missing";
        if (user.email_hash !== emailHash) {
          const taken = await run(
            "INSERT INTO user_routes (email_hash, tenant_id, user_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            [emailHash, tenantId, id],
          );
          if (taken.count === 0) return "taken";
          await run("DELETE FROM user_routes WHERE email_hash = $1 AND tenant_id = $2", [user.email_hash, tenantId]);
        }
        await run("UPDATE users SET email = $2, email_hash = $3, updated_at = $4::bigint WHERE id = $1", [
          id,
          encodeText(email),
          emailHash,
          entry.at,
        ]);
        await appendAudit(transaction, tenantId, actor, entry);
        return "changed";
      });
    },
    setPassword(tenantId, id, { hash, keepSession, link }, actor, entry) {
      return change(tenantId, async (transaction) => {
        const { run } = transaction;
        if ((await run("SELECT id FROM users WHERE id = $1 FOR UPDATE", [id])).count === 0) return "missing";
        if (link !== null && !(await takeLink(run, link))) return "spent";
        await run("UPDATE users SET password_hash = $2, updated_at = $3::bigint WHERE id = $1", [id, hash, entry.at]);
        await endSessionsOf(run, id, { except: keepSession });
        await endLinksOf(run, id);
        await appendAudit(transaction, tenantId, actor, entry);
        return "changed";
      });
    },
  };
}

/** Undoes what was written until then, and says why. */
class Undone extends Error {
  readonly outcome: "taken" | "spent";
  constructor(outcome: "taken" | "spent") {
    super(outcome);
    this.outcome = outcome;
  }
}

function outcomeOf(error: unknown): "taken" | "spent" {
  if (error instanceof Undone) return error.outcome;
  throw error;
}

/** The route comes first: its key is what makes two people of one tenant with the same address impossible. */
async function insertUser(run: Statement, { user, emailHash, passwordHash, identity, membership, link }: NewUser) {
  const { id, tenantId, createdAt } = user;
  const route = await run(
    "INSERT INTO user_routes (email_hash, tenant_id, user_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
    [emailHash, tenantId, id],
  );
  if (route.count === 0) return "taken";
  if (link !== null && !(await takeLink(run, link))) return "spent";
  await run(
    `INSERT INTO users (id, tenant_id, email, email_hash, name, password_hash, is_operator, disabled_at, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7::boolean, $8::bigint, $9::bigint, $10::bigint)`,
    [
      id,
      tenantId,
      encodeText(user.email),
      emailHash,
      encodeText(user.name),
      passwordHash,
      user.isOperator,
      user.disabledAt,
      createdAt,
      user.updatedAt,
    ],
  );
  await run(
    "INSERT INTO memberships (tenant_id, workspace_id, user_id, role, created_at) VALUES ($1, $2, $3, $4, $5::bigint)",
    [tenantId, membership.workspaceId, id, membership.role, createdAt],
  );
  if (identity && !(await insertIdentity(run, tenantId, id, identity, createdAt))) return "taken";
  return "created";
}

async function insertIdentity(
  run: Statement,
  tenantId: string,
  userId: string,
  { issuer, subject }: Identity,
  at: number,
): Promise<boolean> {
  const { count } = await run(
    `INSERT INTO identities (tenant_id, issuer, subject, user_id, created_at) VALUES ($1, $2, $3, $4, $5::bigint)
     ON CONFLICT DO NOTHING`,
    [tenantId, encodeText(issuer), encodeText(subject), userId, at],
  );
  return count > 0;
}
