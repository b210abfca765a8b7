import { decodeCursor, NEWEST, toPage } from "../../../domain/page-cursor.ts";
import type { Role } from "../../../domain/permission.ts";
import type { Scope } from "../../../domain/tenant.ts";
import type { UserStore } from "../../../domain/user-store.ts";
import { type MemberRow, USER_COLUMNS } from "../../rows/user-row.ts";
import type { Statement, Transaction } from "../database.ts";
import type { Storage } from "../storage.ts";
import { endLinksOf, endSessionsOf } from "./end-links.ts";
import { toMember } from "./user-rows.ts";

type MemberStore = Pick<
  UserStore,
  "memberships" | "listMembers" | "findMember" | "setRole" | "setOperator" | "setDisabled" | "removeMember"
>;

const MEMBERS = `SELECT ${USER_COLUMNS}, memberships.role,
    EXISTS (SELECT FROM two_factors WHERE two_factors.user_id = users.id) AS has_two_factor
  FROM memberships JOIN users ON users.id = memberships.user_id
  WHERE memberships.workspace_id = $1`;

/** People in a workspace. Every change leaves it an owner and the installation an operator who are not disabled. */
export function createMemberStore({ database, change, appendAudit }: Storage): MemberStore {
  return {
    async memberships(tenantId, id) {
      const rows = await database.read(tenantId, (run) =>
        run<{ id: string; slug: string; role: Role }>(
          `SELECT workspaces.id, slug, role FROM memberships JOIN workspaces ON workspaces.id = workspace_id
           WHERE user_id = $1 ORDER BY slug`,
          [id],
        ),
      );
      return rows.map(({ role, ...workspace }) => ({ workspace: { ...workspace, tenantId }, role }));
    },
    async listMembers({ tenantId, workspaceId }, { limit, cursor }) {
      const before = cursor === null ? NEWEST : decodeCursor(cursor);
      const rows = await database.read(tenantId, (run) =>
        run<MemberRow>(`${MEMBERS} AND users.id < $2 ORDER BY users.id DESC LIMIT $3::integer`, [
          workspaceId,
          before,
          limit + 1,
        ]),
      );
      return toPage(rows.map(toMember), limit, ({ user }) => user.id);
    },
    async findMember(scope, id) {
      const row = await database.read(scope.tenantId, (run) => find(run, scope, id));
      return row && toMember(row);
    },
    setRole(scope, id, role, entry) {
      return change(scope.tenantId, async (transaction) => {
        const { run } = transaction;
        await lockOwners(run, scope);
        const member = await find(run, scope, id);
        if (!member) return "missing";
        if (role !== "owner" && (await isLastOwnerHere(run, scope, member))) return "last_owner";
        await run("UPDATE memberships SET role = $3 WHERE workspace_id = $1 AND user_id = $2", [
          scope.workspaceId,
          id,
          role,
        ]);
        await appendAudit(transaction, scope.tenantId, scope.actor, entry);
        return "changed";
      });
    },
    setOperator(scope, id, isOperator, entry) {
      return change(scope.tenantId, async (transaction) => {
        const { run } = transaction;
        await lockOwners(run, scope);
        const member = await find(run, scope, id);
        if (!member) return "missing";
        if (!isOperator && (await isLastOperator(transaction, scope, member))) return "last_operator";
        await run("UPDATE users SET is_operator = $2, updated_at = $3::bigint WHERE id = $1", [
          id,
          isOperator,
          entry.at,
        ]);
        await appendAudit(transaction, scope.tenantId, scope.actor, entry);
        return "changed";
      });
    },
    setDisabled(scope, id, disabledAt, entry) {
      return change(scope.tenantId, async (transaction) => {
        const { run } = transaction;
        await lockOwners(run, scope);
        const member = await find(run, scope, id);
        if (!member) return "missing";
        if (disabledAt !== null && (await isLastOwnerAnywhere(run, member))) return "last_owner";
        if (disabledAt !== null && (await isLastOperator(transaction, scope, member))) return "last_operator";
        await run("UPDATE users SET disabled_at = $2::bigint, updated_at = $3::bigint WHERE id = $1", [
          id,
          disabledAt,
          entry.at,
        ]);
        if (disabledAt !== null) {
          await endSessionsOf(run, id);
          await endLinksOf(run, id);
        }
        await appendAudit(transaction, scope.tenantId, scope.actor, entry);
        return "changed";
      });
    },
    removeMember(scope, id, entry) {
      return change(scope.tenantId, async (transaction) => {
        const { run } = transaction;
        await lockOwners(run, scope);
        const member = await find(run, scope, id);
        if (!member) return "missing";
        if (await isLastOwnerHere(run, scope, member)) return "last_owner";
        if (await isLastOperator(transaction, scope, member)) return "last_operator";
        await run("DELETE FROM memberships WHERE workspace_id = $1 AND user_id = $2", [scope.workspaceId, id]);
        await endSessionsOf(run, id, { workspaceId: scope.workspaceId });
        if ((await run("SELECT FROM memberships WHERE user_id = $1 LIMIT 1", [id])).count === 0) await erase(run, id);
        await appendAudit(transaction, scope.tenantId, scope.actor, entry);
        return "changed";
      });
    },
  };
}

/** Of two owners who remove each other at once, one is late. */
async function lockOwners(run: Statement, { tenantId }: Scope): Promise<void> {
  await run("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [`owners of ${tenantId}`]);
}

async function find(run: Statement, { workspaceId }: Scope, id: string): Promise<MemberRow | null> {
  const [row] = await run<MemberRow>(`${MEMBERS} AND users.id = $2`, [workspaceId, id]);
  return row ?? null;
}

async function hasOtherOwner(run: Statement, workspaceId: string, id: string): Promise<boolean> {
  const { count } = await run(
    `SELECT users.id FROM memberships JOIN users ON users.id = memberships.user_id
     WHERE memberships.workspace_id = $1 AND role = 'owner' AND disabled_at IS NULL AND users.id <> $2 LIMIT 1`,
    [workspaceId, id],
  );
  return count > 0;
}

async function isLastOwnerHere(run: Statement, { workspaceId }: Scope, member: MemberRow): Promise<boolean> {
  return member.role === "owner" && !(await hasOtherOwner(run, workspaceId, member.id));
}

/** Somebody in several workspaces counts in each. */
async function isLastOwnerAnywhere(run: Statement, { id }: MemberRow): Promise<boolean> {
  const owned = await run<{ workspace_id: string }>(
    "SELECT workspace_id FROM memberships WHERE user_id = $1 AND role = 'owner'",
    [id],
  );
  for (const { workspace_id } of owned) if (!(await hasOtherOwner(run, workspace_id, id))) return true;
  return false;
}

/**
 * Without this one nobody looks after the installation. Of two operators who are unmade at once one is late, in whatever
 * tenants they are. No transaction sees several tenants, so each is asked, the own and the oldest first, where operators
 * are; all of them only when there is no other.
 */
async function isLastOperator(transaction: Transaction, { tenantId }: Scope, member: MemberRow): Promise<boolean> {
  if (!member.is_operator) return false;
  const { run, setTenant } = transaction;
  await run("SELECT pg_advisory_xact_lock(hashtextextended('operators', 0))");
  const tenants = await run<{ id: string }>("SELECT id FROM tenants ORDER BY id <> $1, created_at", [tenantId]);
  for (const { id } of tenants) {
    await setTenant(id);
    const others = await run("SELECT id FROM users WHERE is_operator AND disabled_at IS NULL AND id <> $1 LIMIT 1", [
      member.id,
    ]);
    if (others.count === 0) continue;
    await setTenant(tenantId);
    return false;
  }
  await setTenant(tenantId);
  return true;
}

async function erase(run: Statement, id: string): Promise<void> {
  await endSessionsOf(run, id);
  await endLinksOf(run, id);
  for (const table of ["identities", "two_factors", "recovery_codes"])
    await run(`DELETE FROM ${table} WHERE user_id = $1`, [id]);
  await run(
    `WITH gone AS (DELETE FROM users WHERE id = $1 RETURNING email_hash, tenant_id)
     DELETE FROM user_routes USING gone WHERE user_routes.email_hash = gone.email_hash AND user_routes.tenant_id = gone.tenant_id`,
    [id],
  );
}
