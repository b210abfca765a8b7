import type { Backend } from "../domain/backend.ts";
import { AppError } from "../domain/errors.ts";
import { ROLES, type Role } from "../domain/permission.ts";
import type { ProviderSettings } from "../domain/sign-in-settings-store.ts";
import type { SignedIn } from "../domain/signed-in.ts";
import { type Actor, grantScope, type Tenant } from "../domain/tenant.ts";
import { normalEmail, type User } from "../domain/user.ts";
import type { AuthCookies } from "./auth-cookies.ts";
import { hashEmail, type NewUserDeps, prepareUser } from "./new-user.ts";
import type { OpenidChecks, OpenidProvider, ProvidedPerson } from "./openid-provider.ts";
import type { Sealing } from "./sealing.ts";
import type { Arrival, SessionManager } from "./sessions.ts";
import type { SignIn } from "./sign-in.ts";
import type { SignInThrottle } from "./sign-in-throttle.ts";

export interface SignInByOpenidDeps extends NewUserDeps {
  readonly backend: Pick<Backend, "users" | "tenants" | "signInSettings" | "audit">;
  readonly vault: Sealing;
  readonly cookies: AuthCookies;
  readonly provider: OpenidProvider;
  readonly signIn: Pick<SignIn, "finish">;
  readonly sessions: Pick<SessionManager, "forget">;
  readonly throttle: Pick<SignInThrottle, "mayRecord">;
}

export type OpenidResult =
  | { readonly kind: "signed_in"; readonly cookies: readonly string[]; readonly next: string | null }
  | { readonly kind: "linked"; readonly cookies: readonly string[] }
  /** `message` tells the person what to do. */
  | { readonly kind: "refused"; readonly cookies: readonly string[]; readonly message: string };

/** Sealed in the browser's cookie: nobody else can finish what this browser began, and nothing has to be stored. */
interface Flow extends OpenidChecks {
  readonly next: string | null;
  /** The person who links their provider's account; null when somebody signs in. */
  readonly linking: string | null;
  readonly startedAt: number;
}

const COOKIE = "openid";
const FLOW_MS = 10 * 60_000;
const ACTOR: Actor = { kind: "system", id: "openid" };

/**
 * Signing in through the tenant's OpenID provider. Who somebody is, is the pair (issuer, subject) and nothing else: an
 * address that the provider names never opens an account that is there already. It stands for both factors.
 */
export function createSignInByOpenid(deps: SignInByOpenidDeps) {
  const { backend, clock, cookies, provider } = deps;
  const flowPlace = (tenantId: string) => ({ tenantId, table: "openid_flow", row: tenantId, field: "cookie" });

  /** What the sign-in page offers: the one tenant's provider, or that there may be some. */
  async function offer(): Promise<{ readonly tenant: string; readonly label: string } | "ask" | null> {
    const tenants = await backend.tenants.list();
    const [only] = tenants;
    if (tenants.length !== 1 || !only) return tenants.length === 0 ? null : "ask";
    const settings = (await backend.signInSettings.find(only.id)).provider;
    return settings && { tenant: only.slug, label: settings.label };
  }

  /** Where to send the browser; null when that tenant has no provider (or there is no such tenant). */
  async function begin(slug: string, next: string | null) {
    const tenant = await backend.tenants.findBySlug(slug.trim().toLowerCase());
    return tenant && start(tenant, next, null);
  }

  /** For somebody who is signed in, to connect their account at the provider with theirs here. */
  async function beginLink({ tenant, user }: SignedIn) {
    return start(tenant, null, user.id);
  }

  async function start(tenant: Pick<Tenant, "id">, next: string | null, linking: string | null) {
    const settings = (await backend.signInSettings.find(tenant.id)).provider;
    if (!settings) return null;
    const { address, checks } = await provider.begin(settings, await openSecret(tenant.id, settings));
    const flow: Flow = { ...checks, next, linking, startedAt: clock.now() };
    const sealed = await deps.vault.seal(flowPlace(tenant.id), JSON.stringify(flow));
    return { address, cookie: cookies.set(COOKIE, `${tenant.id}~${sealed}`, FLOW_MS / 1_000) };
  }

  /** `search` is the query that the browser came back with. Rejects with `unauthenticated` for anything forged. */
  async function finish(search: string, signedIn: SignedIn | null, arrival: Arrival): Promise<OpenidResult> {
    const { tenantId, flow } = await readFlow(arrival.headers);
    const settings = (await backend.signInSettings.find(tenantId)).provider;
    if (!settings) throw new AppError("not_found", "The organisation has no provider any more.");
    const person = await provider.finish(settings, await openSecret(tenantId, settings), search, flow);
    const done = [cookies.clear(COOKIE)];
    if (flow.linking !== null) return link(tenantId, flow.linking, person, signedIn, done);
    const admitted = await admit(tenantId, settings, person);
    if (typeof admitted !== "string") {
      const step = await deps.signIn.finish(admitted, arrival, "openid");
      if (step.kind === "signed_in") return { ...step, cookies: [...step.cookies, ...done], next: flow.next };
    }
    const reason = typeof admitted === "string" ? admitted : "no_workspace";
    await recordRefusal(tenantId, person, reason, arrival);
    return { kind: "refused", message: REFUSALS[reason], cookies: done };
  }

  async function readFlow(headers: Headers): Promise<{ tenantId: string; flow: Flow }> {
    const [tenantId = "", sealed = ""] = cookies.read(headers, COOKIE)?.split("~") ?? [];
    const text = sealed === "" ? null : await deps.vault.open(flowPlace(tenantId), sealed).catch(() => null);
    const flow = text === null ? null : (JSON.parse(text) as Flow);
    if (!flow || clock.now() - flow.startedAt > FLOW_MS)
      throw new AppError("conflict", "This sign-in was begun in another browser, or took too long. Begin again.");
    return { tenantId, flow };
  }

  async function link(
    tenantId: string,
    userId: string,
    { issuer, subject }: ProvidedPerson,
    signedIn: SignedIn | null,
    done: readonly string[],
  ): Promise<OpenidResult> {
    if (signedIn?.user.id !== userId)
      return { kind: "refused", message: "Sign in, then connect again.", cookies: done };
    const change = { at: clock.now(), action: "user.identity_added", target: userId, details: { issuer } };
    const identity = { issuer, subject };
    const added = await backend.users.addIdentity(tenantId, userId, identity, change.at, signedIn.scope.actor, change);
    if (added === "added") return { kind: "linked", cookies: done };
    return { kind: "refused", message: "That account at the provider belongs to another person here.", cookies: done };
  }

  // Who gets in ----------------------------------------------------------------------------------------------------

  async function admit(tenantId: string, settings: ProviderSettings, person: ProvidedPerson): Promise<User | Refusal> {
    if (!isOfDomain(person, settings.domains)) return "domain";
    const role = roleFor(person, settings);
    const known = await backend.users.findByIdentity(tenantId, person);
    if (!known) return role === null ? "no_role" : welcome(tenantId, person, role);
    if (known.disabledAt !== null) return "disabled";
    return settings.roleByGroup.length === 0 ? known : adjustRole(known, role);
  }

  /** The provider's groups decide anew at each sign-in. Owners stay: somebody must get in when it errs. */
  async function adjustRole(user: User, role: Role | null): Promise<User | Refusal> {
    const [membership] = await backend.users.memberships(user.tenantId, user.id);
    if (!membership) return "no_workspace";
    if (membership.role === "owner") return user;
    if (role === null) return "no_role";
    if (role === membership.role) return user;
    const scope = grantScope(user.tenantId, membership.workspace.id, ACTOR, new Set());
    const details = { from: membership.role, to: role };
    const change = { at: clock.now(), action: "member.role_changed", target: user.id, details };
    await backend.users.setRole(scope, user.id, role, change);
    deps.sessions.forget();
    return user;
  }

  async function welcome(tenantId: string, person: ProvidedPerson, role: Role): Promise<User | Refusal> {
    const { email, issuer, subject } = person;
    if (email === null) return "no_email";
    if (await backend.users.findByEmail(tenantId, hashEmail(email))) return "taken";
    const workspace = await backend.tenants.findWorkspace(tenantId, "default");
    if (!workspace) return "no_workspace";
    const name = (person.name ?? email.split("@")[0] ?? email).slice(0, 100);
    const wanted = { tenantId, workspaceId: workspace.id, email, name, password: null, role };
    const prepared = await prepareUser({ ...wanted, identity: { issuer, subject } }, deps);
    const { user } = prepared;
    const details = { email, role, issuer };
    const change = { at: user.createdAt, action: "user.created", target: user.id, details };
    const outcome = await backend.users.create(prepared, ACTOR, change);
    return outcome === "created" ? user : "taken";
  }

  async function recordRefusal(tenantId: string, person: ProvidedPerson, reason: Refusal, { address }: Arrival) {
    if (!deps.throttle.mayRecord(`${tenantId} ${person.subject}`)) return;
    const scope = grantScope(tenantId, "", ACTOR, new Set());
    const { issuer, subject } = person;
    const change = { at: clock.now(), action: "sign_in.failed", target: subject, details: { reason, issuer, address } };
    await backend.audit.append(scope, change);
  }

  async function openSecret(tenantId: string, { sealedSecret }: ProviderSettings): Promise<string | null> {
    return sealedSecret === null ? null : deps.vault.open(providerSecretPlace(tenantId), sealedSecret);
  }

  return { offer, begin, beginLink, finish };
}

/** Where the client secret of a tenant's provider is sealed. */
export function providerSecretPlace(tenantId: string) {
  return { tenantId, table: "sign_in_settings", row: tenantId, field: "secret" };
}

type Refusal = keyof typeof REFUSALS;
const REFUSALS = {
  domain: "Your address is not of a domain that may sign in here. Ask your administrator.",
  no_role: "You are in no group that may use this. Ask your administrator.",
  no_email: "The provider did not tell your e-mail address, which is needed the first time.",
  taken:
    "There is an account with your address already. Sign in with its password, then connect the provider on your personal page.",
  disabled: "Your account is disabled. Ask your administrator.",
  no_workspace: "You are a member of no workspace. Ask your administrator.",
} as const;

function isOfDomain({ email, isEmailUnverified }: ProvidedPerson, domains: readonly string[]): boolean {
  if (domains.length === 0) return true;
  const domain = email === null || isEmailUnverified ? null : normalEmail(email).split("@").at(-1);
  return domain != null && domains.includes(domain);
}

/** Of several groups the strongest role counts. */
function roleFor({ groups }: ProvidedPerson, { roleByGroup, defaultRole }: ProviderSettings): Role | null {
  const given = roleByGroup.filter(({ group }) => groups.includes(group)).map(({ role }) => role);
  return ROLES.find((role) => given.includes(role)) ?? defaultRole;
}
