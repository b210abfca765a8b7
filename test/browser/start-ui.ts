import { PERMISSIONS } from "../../src/domain/permission.ts";
import type { SignedIn } from "../../src/domain/signed-in.ts";
import { grantScope } from "../../src/domain/tenant.ts";
import { readCookie } from "../../src/platform/http-content/read-cookie.ts";
import { type StartedApp, startApp, type TestTenant } from "../start-app.ts";

export interface StartedUi extends StartedApp {
  readonly tenant: TestTenant;
  /** Cookies of somebody who is signed in as an owner. */
  readonly owner: Readonly<Record<string, string>>;
}

export async function startUi(environment: Readonly<Record<string, string>> = {}): Promise<StartedUi> {
  const app = await startApp(environment);
  const tenant = await app.createTenant("acme");
  const { tenantId, workspaceId } = tenant.scope;
  const signedIn: SignedIn = {
    user: { id: "user_1", email: "ada@acme.example", name: "Ada Lovelace" },
    role: "owner",
    scope: grantScope(tenantId, workspaceId, { kind: "user", id: "user_1" }, new Set(PERMISSIONS)),
    tenant: { id: tenantId, slug: "acme" },
    workspace: { id: workspaceId, slug: "default" },
    sessionId: "session_1",
    csrfToken: "csrf-token-of-the-session",
  };
  Object.assign(app.app.services, {
    sessions: {
      authenticate: async (request: Request) => (readCookie(request.headers, "session") === "owner" ? signedIn : null),
    },
  });
  return { ...app, tenant, owner: { session: "owner" } };
}
