import type { LinkKind, OneTimeLink } from "../../domain/link-store.ts";
import type { Role } from "../../domain/permission.ts";
import type { Session } from "../../domain/session-store.ts";
import type { Actor, Scope } from "../../domain/tenant.ts";
import type { User } from "../../domain/user.ts";
import type { NewUser } from "../../domain/user-store.ts";
import { newId } from "../../platform/ids.ts";
import { NOW } from "./samples.ts";

export const SYSTEM: Actor = { kind: "system", id: "test" };

export function samplePerson(
  { tenantId, workspaceId }: Scope,
  {
    email = `${newId("p")}@example.com`,
    role = "viewer" as Role,
    isOperator = false,
    ...patch
  }: { email?: string; role?: Role; isOperator?: boolean } & Partial<
    Pick<NewUser, "passwordHash" | "identity" | "link">
  > = {},
): NewUser {
  const user: User = {
    id: newId("usr"),
    tenantId,
    email,
    name: "Ada 🚀 \u0000 \\u0041",
    isOperator,
    mailsWanted: null,
    disabledAt: null,
    createdAt: NOW,
    updatedAt: NOW,
  };
  const membership = { workspaceId, role };
  return {
    user,
    emailHash: `hash of ${email}`,
    passwordHash: "argon",
    identity: null,
    membership,
    link: null,
    ...patch,
  };
}

export function sampleSession({ workspaceId }: Scope, { id, tenantId }: User, patch: Partial<Session> = {}): Session {
  return {
    id: newId("ses"),
    tenantId,
    workspaceId,
    userId: id,
    createdAt: NOW,
    lastSeenAt: NOW,
    expiresAt: NOW + 1_000,
    endsAt: NOW + 5_000,
    address: "203.0.113.9",
    userAgent: "Firefox \u0000",
    ...patch,
  };
}

export function sampleLink(scope: Scope, kind: LinkKind, patch: Partial<OneTimeLink> = {}): OneTimeLink {
  return {
    id: newId("link"),
    tenantId: scope.tenantId,
    workspaceId: scope.workspaceId,
    kind,
    userId: null,
    payload: { email: "ada@example.com" },
    createdAt: NOW,
    expiresAt: NOW + 1_000,
    ...patch,
  };
}
