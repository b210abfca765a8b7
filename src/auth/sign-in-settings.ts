import { authorize } from "../domain/authorize.ts";
import type { Backend } from "../domain/backend.ts";
import { AppError, type FieldError } from "../domain/errors.ts";
import { ROLES, type Role } from "../domain/permission.ts";
import type { ProviderSettings, SignInSettings } from "../domain/sign-in-settings-store.ts";
import type { Scope } from "../domain/tenant.ts";
import type { Clock } from "../platform/clock.ts";
import type { OpenidProvider } from "./openid-provider.ts";
import type { Sealing } from "./sealing.ts";
import type { SessionManager } from "./sessions.ts";
import { providerSecretPlace } from "./sign-in-by-openid.ts";

export interface SignInSettingsDeps {
  readonly backend: Pick<Backend, "signInSettings" | "twoFactors" | "users" | "sessions">;
  readonly clock: Clock;
  readonly vault: Sealing;
  readonly provider: Pick<OpenidProvider, "discover">;
  readonly sessions: Pick<SessionManager, "forget">;
  readonly publicUrl: () => string;
}

/** As it is typed into the form. */
export interface ProviderForm {
  readonly issuer: string;
  readonly clientId: string;
  /** Empty: the stored one stays, as long as it goes to the same place. */
  readonly clientSecret: string;
  readonly label: string;
  /** Separated by commas or spaces. */
  readonly domains: string;
  readonly groupsClaim: string;
  /** A line for each group: `engineering = builder`. */
  readonly roleByGroup: string;
  readonly defaultRole: string;
}

/** How a tenant's people sign in; its owners decide. */
export function createSignInSettings(deps: SignInSettingsDeps) {
  const { backend, clock } = deps;
  const { signInSettings } = backend;

  async function find(scope: Scope): Promise<SignInSettings> {
    authorize(scope, "settings.read");
    return signInSettings.find(scope.tenantId);
  }

  /**
   * Whoever has no second factor is signed out when it becomes required, and sets one up at the next sign-in. Rejects
   * with `conflict` when the one who asks has none: they would shut themselves out of changing it back.
   */
  async function requireTwoFactor(scope: Scope, required: boolean): Promise<void> {
    authorize(scope, "settings.write");
    if (required && !(await backend.twoFactors.find(scope.tenantId, scope.actor.id)))
      throw new AppError("conflict", "Turn on two-factor for yourself first, on your personal page.");
    const settings = await signInSettings.find(scope.tenantId);
    const action = required ? "sign_in.two_factor_required" : "sign_in.two_factor_optional";
    const change = { at: clock.now(), action, target: scope.tenantId, details: {} };
    await signInSettings.save(scope, { ...settings, twoFactorRequired: required }, change);
    if (required) await endSessionsWithoutFactor(scope);
  }

  async function endSessionsWithoutFactor(scope: Scope): Promise<void> {
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<Backend["users"]["listMembers"]>> = await backend.users.listMembers(scope, {
        limit: 100,
        cursor,
      });
      for (const { user, hasTwoFactor, hasPassword } of page.items) {
        if (hasTwoFactor || !hasPassword) continue;
        const details = { reason: "two_factor_required" };
        const change = { at: clock.now(), action: "session.all_ended", target: user.id, details };
        await backend.sessions.endAll(scope.tenantId, user.id, null, scope.actor, change);
      }
      cursor = page.nextCursor;
    } while (cursor !== null);
    deps.sessions.forget();
  }

  /** Looks the provider up before it stores it. Rejects with `invalid`, naming each field. */
  async function saveProvider(scope: Scope, form: ProviderForm): Promise<void> {
    authorize(scope, "settings.write");
    const settings = await signInSettings.find(scope.tenantId);
    const { provider, errors } = readForm(form, deps.publicUrl().startsWith("http:"));
    const stored = settings.provider;
    const goesElsewhere = stored?.issuer !== provider.issuer || stored.clientId !== provider.clientId;
    if (errors.length === 0 && form.clientSecret === "" && stored?.sealedSecret && goesElsewhere)
      errors.push({ path: "clientSecret", message: "is needed again, because it would go to another place" });
    if (errors.length > 0) throw invalid(errors);
    const sealedSecret =
      form.clientSecret === ""
        ? (stored?.sealedSecret ?? null)
        : await deps.vault.seal(providerSecretPlace(scope.tenantId), form.clientSecret);
    await deps.provider.discover(provider, null).catch((error: unknown) => {
      throw invalid([{ path: "issuer", message: error instanceof AppError ? error.message : "cannot be reached" }]);
    });
    const { issuer, clientId, domains, defaultRole } = provider;
    const details = { issuer, clientId, domains, defaultRole, secretReplaced: form.clientSecret !== "" };
    const change = { at: clock.now(), action: "sign_in.provider_changed", target: scope.tenantId, details };
    await signInSettings.save(scope, { ...settings, provider: { ...provider, sealedSecret } }, change);
  }

  async function removeProvider(scope: Scope): Promise<void> {
    authorize(scope, "settings.write");
    const settings = await signInSettings.find(scope.tenantId);
    const change = { at: clock.now(), action: "sign_in.provider_removed", target: scope.tenantId, details: {} };
    await signInSettings.save(scope, { ...settings, provider: null }, change);
  }

  return { find, requireTwoFactor, saveProvider, removeProvider };
}

const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/;

function readForm(form: ProviderForm, mayBePlain: boolean): { provider: ProviderSettings; errors: FieldError[] } {
  const errors: FieldError[] = [];
  const issuer = form.issuer.trim();
  const url = URL.parse(issuer);
  if (!url || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "")
    errors.push({ path: "issuer", message: "must be an address such as https://login.example.com" });
  else if (url.protocol === "http:" && !mayBePlain)
    errors.push({ path: "issuer", message: "must begin with https://, as this server's own address does" });
  const clientId = form.clientId.trim();
  if (clientId === "") errors.push({ path: "clientId", message: "is required; the provider gives it to you" });
  const domains = form.domains
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((each) => each !== "");
  const wrong = domains.find((each) => !DOMAIN.test(each));
  if (wrong !== undefined) errors.push({ path: "domains", message: `has "${wrong}", which is no domain` });
  const defaultRole = toRole(form.defaultRole);
  if (form.defaultRole !== "" && defaultRole === null)
    errors.push({ path: "defaultRole", message: `must be one of: ${ROLES.join(", ")}` });
  const label = form.label.trim() || "Sign in with your organisation";
  const groupsClaim = form.groupsClaim.trim() || "groups";
  const roleByGroup = readRoles(form.roleByGroup, errors);
  const provider = { issuer, clientId, sealedSecret: null, label, domains, groupsClaim, roleByGroup, defaultRole };
  return { provider, errors };
}

function readRoles(text: string, errors: FieldError[]): ProviderSettings["roleByGroup"] {
  const read: { group: string; role: Role }[] = [];
  for (const line of text.split("\n").map((each) => each.trim())) {
    if (line === "") continue;
    const at = line.lastIndexOf("=");
    const group = line.slice(0, at).trim();
    const role = toRole(line.slice(at + 1).trim());
    if (at > 0 && group !== "" && role !== null) read.push({ group, role });
    else
      errors.push({ path: "roleByGroup", message: `has "${line}"; write a group, = and one of: ${ROLES.join(", ")}` });
  }
  return read;
}

function toRole(text: string): Role | null {
  return ROLES.find((role) => role === text) ?? null;
}

function invalid(fields: readonly FieldError[]): AppError {
  return new AppError("invalid", "The provider cannot be stored like this; each field says why.", { fields });
}
