import { decodeCursor, NEWEST, toPage } from "../../../domain/page-cursor.ts";
import type { Role } from "../../../domain/permission.ts";
import type { Scope } from "../../../domain/tenant.ts";
import type { UserStore } from "../../../domain/user-store.ts";
import { type MemberRow, memberOf, USER_COLUMNS } from "../../rows/user-row.ts";
import type { Storage } from "../storage.ts";

type MemberStore = Pick<
  UserStore,
  "memberships" | "listMembers" | "findMember" | "setRole" | "setOperator" | "setDisabled" | "removeMember"
>;

const MEMBERS = `SELECT ${USER_COLUMNS}, memberships.role,
    EXISTS (SELECT 1 FROM two_factors WHERE two_factors.user_id = users.id) AS has_two_factor
  FROM memberships JOIN users ON users.id = memberships.user_id
  WHERE memberships.tenant_id = ? AND memberships.workspace_id = ?`;

/** People in a workspace. Every change leaves it an owner and the installation an operator who are not disabled. */
export function createMemberStore({ raw, commits, appendAudit }: Storage): MemberStore {
  const page = raw.query<MemberRow, [string, string, string, number]>(
    `${MEMBERS} AND users.id < ? ORDER BY users.id DESC LIMIT ?`,
  );
  const one = raw.query<MemberRow, [string, string, string]>(`${MEMBERS} AND users.id = ?`);
  const owners = raw.query<{ id: string }, [string, string]>(
    `SELECT users.id FROM memberships JOIN users ON users.id = memberships.user_id
     WHERE memberships.workspace_id = ? AND role = 'owner' AND disabled_at IS NULL AND users.id <> ? LIMIT 1`,
  );
  const find = ({ tenantId, workspaceId }: Scope, id: string) => one.get(tenantId, workspaceId, id);
  /** Without this member the workspace has no owner left. Somebody in several workspaces counts in each. */
  const isLastOwner = (member: MemberRow) =>
    raw
      .query<{ workspace_id: string }, [string]>(
        "SELECT workspace_id FROM memberships WHERE user_id = ? AND role = 'owner'",
      )
      .all(member.id)
      .some(({ workspace_id }) => owners.get(workspace_id, member.id) === null);
  const isLastOwnerHere = (scope: Scope, member: MemberRow) =>
    member.role === "owner" && owners.get(scope.workspaceId, member.id) === null;

  const operators = raw.query<{ id: string }, [string]>(
    "SELECT id FROM users WHERE is_operator = 1 AND disabled_at IS NULL AND id <> ? LIMIT 1",
  );
  const isLastOperator = (member: MemberRow) => member.is_operator === 1 && operators.get(member.id) === null;

  return {
    async memberships(tenantId, id) {
      return raw
        .query<{ id: string; slug: string; role: Role }, [string, string]>(
          `SELECT workspaces.id, slug, role FROM memberships JOIN workspaces ON workspaces.id = workspace_id
           WHERE memberships.tenant_id = ? AND user_id = ? ORDER BY slug`,
        )
        .all(tenantId, id)
        .map(({ role, ...workspace }) => ({ workspace: { ...workspace, tenantId }, role }));
    },
    async listMembers({ tenantId, workspaceId }, { limit, cursor }) {
      const before = cursor === null ? NEWEST : decodeCursor(cursor);
      const rows = page.all(tenantId, workspaceId, before, limit + 1);
      return toPage(rows.map(memberOf), limit, ({ user }) => user.id);
    },
    async findMember(scope, id) {
      const row = find(scope, id);
      return row ? memberOf(row) : null;
    },
    setRole(scope, id, role, change) {
      return commits.submit(() => {
        const member = find(scope, id);
        if (!member) return "missing";
        if (role !== "owner" && isLastOwnerHere(scope, member)) return "last_owner";
        raw
          .query("UPDATE memberships SET role = ? WHERE workspace_id = ? AND user_id = ?")
          .run(role, scope.workspaceId, id);
        appendAudit(scope.tenantId, scope.actor, change);
        return "changed";
      });
    },
    setOperator(scope, id, isOperator, change) {
      return commits.submit(() => {
        const member = find(scope, id);
        if (!member) return "missing";
        if (!isOperator && isLastOperator(member)) return "last_operator";
        raw.query("UPDATE users SET is_operator = ?, updated_at = ? WHERE id = ?").run(isOperator, change.at, id);
        appendAudit(scope.tenantId, scope.actor, change);
        return "changed";
      });
    },
    setDisabled(scope, id, disabledAt, change) {
      return commits.submit(() => {
        const member = find(scope, id);
        if (!member) return "missing";
        if (disabledAt !== null && isLastOwner(member)) return "last_owner";
        if (disabledAt !== null && isLastOperator(member)) return "last_operator";
        raw.query("UPDATE users SET disabled_at = ?, updated_at = ? WHERE id = ?").run(disabledAt, change.at, id);
        if (disabledAt !== null) {
          raw.query("DELETE FROM sessions WHERE user_id = ?").run(id);
          raw.query("DELETE FROM one_time_links WHERE tenant_id = ? AND user_id = ?").run(scope.tenantId, id);
        }
        appendAudit(scope.tenantId, scope.actor, change);
        return "changed";
      });
    },
    removeMember(scope, id, change) {
      return commits.submit(() => {
        const member = find(scope, id);
        if (!member) return "missing";
        if (isLastOwnerHere(scope, member)) return "last_owner";
        if (isLastOperator(member)) return "last_operator";
        raw.query("DELETE FROM memberships WHERE workspace_id = ? AND user_id = ?").run(scope.workspaceId, id);
        raw.query("DELETE FROM sessions WHERE user_id = ? AND workspace_id = ?").run(id, scope.workspaceId);
        if (!raw.query("SELECT 1 FROM memberships WHERE user_id = ? LIMIT 1").get(id)) {
          for (const table of ["sessions", "identities", "two_factors", "recovery_codes", "one_time_links"])
            raw.query(`DELETE FROM ${table} WHERE user_id = ?`).run(id);
          raw.query("DELETE FROM users WHERE id = ?").run(id);
        }
        appendAudit(scope.tenantId, scope.actor, change);
        return "changed";
      });
    },
  };
}
