import type { ConnectorRegistry } from "../../src/connector-sdk/connector.ts";
import type { Role } from "../../src/domain/permission.ts";
import { type StartedApp, startApp, type TestTenant } from "../start-app.ts";

export interface StartedUi extends StartedApp {
  readonly tenant: TestTenant;
  /** Cookies of somebody who is signed in as an owner. */
  readonly owner: Cookies;
  /** The same for somebody new with that role. */
  signInAs(role: Role, name?: string, isOperator?: boolean): Promise<Cookies>;
}
export type Cookies = Readonly<Record<string, string>>;

const PASSWORD = "correct horse battery staple";

/** The server with a tenant and an owner, Ada Lovelace, who is signed in. */
export async function startUi(
  environment: Readonly<Record<string, string>> = {},
  connectors: ConnectorRegistry = {},
): Promise<StartedUi> {
  const app = await startApp(environment, undefined, undefined, connectors);
  const tenant = await app.createTenant("acme");
  let count = 0;
  const signInAs = async (role: Role, name = `Some ${role}`, isOperator = false) => {
    const email = `${role}-${count++}@acme.example`;
    await app.app.services.accounts.createUser(tenant.scope, { email, name, role, password: PASSWORD, isOperator });
    return signIn(app.url, email);
  };
  return { ...app, tenant, owner: await signInAs("owner", "Ada Lovelace"), signInAs };
}

async function signIn(url: string, email: string): Promise<Cookies> {
  const response = await fetch(`${url}/sign-in`, {
    method: "POST",
    redirect: "manual",
    headers: { origin: url },
    body: new URLSearchParams({ email, password: PASSWORD }),
  });
  if (response.status !== 303) throw new Error(`Signing in was answered with ${response.status}.`);
  const pairs = response.headers.getSetCookie().map((cookie) => cookie.split(";")[0]?.split("=") ?? []);
  return Object.fromEntries(pairs.map(([name = "", value = ""]) => [name, value]));
}
