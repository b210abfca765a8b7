import type { Backend } from "../domain/backend.ts";
import { AppError } from "../domain/errors.ts";
import type { Tenant } from "../domain/tenant.ts";
import { sha256Hex } from "../platform/crypto/digest.ts";
import { randomToken } from "../platform/crypto/random-token.ts";
import { type NewUserDeps, prepareUser } from "./new-user.ts";
import type { Arrival } from "./sessions.ts";
import type { SignIn, SignInStep } from "./sign-in.ts";
import { collectErrors, slugErrors, toSlug } from "./tenant-slug.ts";
import { userActor } from "./user-actor.ts";

export interface FirstSetupDeps extends NewUserDeps {
  readonly backend: Pick<Backend, "users" | "tenants" | "settings">;
  readonly signIn: Pick<SignIn, "proceed">;
}

export interface SetupRequest {
  readonly tenant: string;
  readonly email: string;
  readonly name: string;
  readonly password: string;
}

/** Long enough for whoever reads the log of yesterday's start. */
const LINK_MS = 72 * 3_600_000;

/**
 * The installation's first person comes in by a link that the server prints while there is nobody: whoever reads its
 * output owns it. Of the link only the hash is stored; all such links end with the first person.
 */
export function createFirstSetup(deps: FirstSetupDeps) {
  const { backend, clock } = deps;

  /** The secret of a new link, or null when somebody is there already. */
  async function issue(): Promise<string | null> {
    if (await backend.users.hasAny()) return null;
    const secret = randomToken(32);
    await backend.settings.set(settingOf(secret), String(clock.now() + LINK_MS));
    return secret;
  }

  async function isOpen(secret: string): Promise<boolean> {
    const until = await backend.settings.get(settingOf(secret));
    if (until === null || Number(until) <= clock.now()) return false;
    return !(await backend.users.hasAny());
  }

  /** Tenants that were made on the command line before there was anybody. */
  function existingTenants(): Promise<readonly Tenant[]> {
    return backend.tenants.list();
  }

  /** Rejects with `invalid` naming the fields, and with `not_found` when the link has ended. */
  async function complete(secret: string, request: SetupRequest, arrival: Arrival): Promise<SignInStep> {
    if (!(await isOpen(secret))) throw ended();
    const now = clock.now();
    const slug = toSlug(request.tenant);
    const existing = await backend.tenants.findBySlug(slug);
    const workspace = existing && (await backend.tenants.findWorkspace(existing.id, "default"));
    const tenant = existing ?? { id: deps.newId("ten"), slug, createdAt: now };
    const space = workspace ?? { id: deps.newId("ws"), tenantId: tenant.id, slug: "default" };
    const { email, name, password } = request;
    const wanted = { tenantId: tenant.id, workspaceId: space.id, email, name, password };
    const first = await collectErrors(slugErrors(slug), () =>
      prepareUser({ ...wanted, role: "owner", isOperator: true }, deps),
    );
    const { user } = first;
    const outcome = await backend.users.createFirst(
      first,
      { tenant, workspace: space, isNew: existing === null },
      userActor(user),
      [
        ...(existing ? [] : [{ at: now, action: "tenant.created", target: tenant.id, details: { slug } }]),
        {
          at: now,
          action: "user.created",
          target: user.id,
          details: { email: user.email, role: "owner", isOperator: true },
        },
      ],
    );
    if (outcome !== "created") throw ended();
    return deps.signIn.proceed(user, arrival, "setup");
  }

  return { isDone: () => backend.users.hasAny(), issue, isOpen, existingTenants, complete };
}

function settingOf(secret: string): string {
  return `setup_link ${sha256Hex(secret)}`;
}

function ended(): AppError {
  return new AppError("not_found", "This setup link has ended: it was used, or the server was set up in another way.");
}
