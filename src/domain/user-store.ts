import type { Change } from "./audit.ts";
import type { Page, PageRequest } from "./page.ts";
import type { Role } from "./permission.ts";
import type { Actor, Scope, Tenant, Workspace } from "./tenant.ts";
import type { Identity, Member, User } from "./user.ts";

export interface NewUser {
  readonly user: User;
  readonly emailHash: string;
  readonly passwordHash: string | null;
  readonly identity: Identity | null;
  readonly membership: { readonly workspaceId: string; readonly role: Role };
  /** The link that is used up by it, by the hash of its secret. */
  readonly link: string | null;
}

/** Somebody as the sign-in form finds them. */
export interface UserForSignIn {
  readonly user: User;
  readonly passwordHash: string | null;
}

export interface WorkspaceMembership {
  readonly workspace: Workspace;
  readonly role: Role;
}

/** `last_owner`, `last_operator`: without this one nobody could look after the workspace, or the installation. */
export type MemberChange = "changed" | "missing" | "last_owner" | "last_operator";

export interface UserStore {
  /** `taken`: the tenant has somebody with that address, or that identity. `spent`: the link was used already. */
  create(user: NewUser, actor: Actor, change: Change): Promise<"created" | "taken" | "spent">;
  /**
   * The installation's first person, with their tenant unless it is there already. `late` when there is somebody,
   * whoever was first; of several at once one is.
   */
  createFirst(
    user: NewUser,
    tenant: { readonly tenant: Tenant; readonly workspace: Workspace; readonly isNew: boolean },
    actor: Actor,
    changes: readonly Change[],
  ): Promise<"created" | "late" | "taken">;
  /** Whether the installation has anybody at all. */
  hasAny(): Promise<boolean>;
  /** Before a tenant is known: everybody with this address, one for each tenant. */
  findForSignIn(emailHash: string): Promise<readonly UserForSignIn[]>;
  find(tenantId: string, id: string): Promise<UserForSignIn | null>;
  findByIdentity(tenantId: string, identity: Identity): Promise<User | null>;
  findByEmail(tenantId: string, emailHash: string): Promise<User | null>;
  identities(tenantId: string, id: string): Promise<readonly Identity[]>;
  /** `taken` when it is somebody's already. */
  addIdentity(
    tenantId: string,
    id: string,
    identity: Identity,
    at: number,
    actor: Actor,
    change: Change,
  ): Promise<"added" | "taken">;
  removeIdentity(tenantId: string, id: string, identity: Identity, actor: Actor, change: Change): Promise<boolean>;
  /** Where somebody is a member, by the workspace's slug. */
  memberships(tenantId: string, id: string): Promise<readonly WorkspaceMembership[]>;

  /** Newest first. */
  listMembers(scope: Scope, page: PageRequest): Promise<Page<Member>>;
  findMember(scope: Scope, id: string): Promise<Member | null>;
  setRole(scope: Scope, id: string, role: Role, change: Change): Promise<MemberChange>;
  /** Makes somebody an operator of the installation, or no longer one. */
  setOperator(scope: Scope, id: string, isOperator: boolean, change: Change): Promise<MemberChange>;
  /** Disabling ends their sessions in the same commit. */
  setDisabled(scope: Scope, id: string, disabledAt: number | null, change: Change): Promise<MemberChange>;
  /** Out of the workspace; out of the tenant with everything of theirs, when it was their last. */
  removeMember(scope: Scope, id: string, change: Change): Promise<MemberChange>;

  /** Whether they are mailed about failed runs and connections. */
  setMailsWanted(tenantId: string, id: string, wanted: boolean, actor: Actor, change: Change): Promise<boolean>;
  rename(tenantId: string, id: string, name: string, actor: Actor, change: Change): Promise<boolean>;
  changeEmail(
    tenantId: string,
    id: string,
    email: { readonly email: string; readonly emailHash: string },
    actor: Actor,
    change: Change,
  ): Promise<"changed" | "taken" | "missing">;
  /**
   * Ends their other sessions and half-done links in the same commit. `spent` when `link` is given and was used
   * already: of two who hold the same link one sets the password.
   */
  setPassword(
    tenantId: string,
    id: string,
    password: { readonly hash: string; readonly keepSession: string | null; readonly link: string | null },
    actor: Actor,
    change: Change,
  ): Promise<"changed" | "missing" | "spent">;
}
