/**
 * What somebody may do, as fine as the product distinguishes it. Roles and API-key scopes are named sets of these; the
 * flows ask for one (`authorize`), never for a role, so that a new role changes this file and nothing else.
 */
export const PERMISSIONS = [
  "workflow.read",
  /** Drafts, publishing, deleting, and seeing the webhook URL, which is a secret that starts runs. */
  "workflow.write",
  "run.read",
  "run.start",
  /** Replay, cancel, approve, resolve. */
  "run.control",
  "connection.read",
  "connection.write",
  "variable.read",
  "variable.write",
  "member.read",
  /** Invite, change roles, disable, remove; owners are changed by owners only (`owner.write`). */
  "member.write",
  "owner.write",
  "api_key.read",
  "api_key.write",
  "audit.read",
  "usage.read",
  "settings.read",
  /** How the tenant's people sign in: two-factor required, the OpenID provider. */
  "settings.write",
  /** The installation's tenants and who looks after it: for operators, in no role and no API key. */
  "installation.manage",
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** Highest first. */
export const ROLES = ["owner", "admin", "builder", "viewer"] as const;
export type Role = (typeof ROLES)[number];

export const API_KEY_SCOPES = ["read", "write"] as const;
export type ApiKeyScope = (typeof API_KEY_SCOPES)[number];

const VIEWER: readonly Permission[] = [
  "workflow.read",
  "run.read",
  "connection.read",
  "variable.read",
  "member.read",
  "usage.read",
];
const BUILDER: readonly Permission[] = [
  ...VIEWER,
  "workflow.write",
  "run.start",
  "run.control",
  "connection.write",
  "variable.write",
];
const ADMIN: readonly Permission[] = [
  ...BUILDER,
  "member.write",
  "api_key.read",
  "api_key.write",
  "audit.read",
  "settings.read",
];

const OPERATOR: readonly Permission[] = ["installation.manage"];

const OF_ROLE: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  owner: new Set(PERMISSIONS.filter((permission) => !OPERATOR.includes(permission))),
  admin: new Set(ADMIN),
  builder: new Set(BUILDER),
  viewer: new Set(VIEWER),
};
const OF_OPERATOR: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  owner: new Set([...OF_ROLE.owner, ...OPERATOR]),
  admin: new Set([...OF_ROLE.admin, ...OPERATOR]),
  builder: new Set([...OF_ROLE.builder, ...OPERATOR]),
  viewer: new Set([...OF_ROLE.viewer, ...OPERATOR]),
};

/** A key sees everything of its workspace or changes everything of it, but never decides about people. */
const READ: readonly Permission[] = [
  "workflow.read",
  "run.read",
  "connection.read",
  "variable.read",
  "api_key.read",
  "audit.read",
  "usage.read",
];
/** Whoever may change a thing sees what was changed: the answer to a change shows it. */
const WRITE: readonly Permission[] = [
  "workflow.read",
  "workflow.write",
  "run.read",
  "run.start",
  "run.control",
  "connection.read",
  "connection.write",
  "variable.read",
  "variable.write",
  "api_key.write",
];

/** Being an operator adds to the role in a workspace, and gives nothing more inside of any tenant. */
export function permissionsOf(role: Role, { isOperator } = { isOperator: false }): ReadonlySet<Permission> {
  return isOperator ? OF_OPERATOR[role] : OF_ROLE[role];
}

export function permissionsOfApiKey(scopes: readonly ApiKeyScope[]): ReadonlySet<Permission> {
  return new Set([...(scopes.includes("read") ? READ : []), ...(scopes.includes("write") ? WRITE : [])]);
}

/** Whoever may run commands on the machine may read the database anyway. */
export const COMMAND_LINE_PERMISSIONS: ReadonlySet<Permission> = new Set(PERMISSIONS);

/** The engine runs what was published; it changes no configuration. */
export const ENGINE_PERMISSIONS: ReadonlySet<Permission> = new Set<Permission>(["run.start"]);
