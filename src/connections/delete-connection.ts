import { authorize } from "../domain/authorize.ts";
import type { Backend } from "../domain/backend.ts";
import type { Connection } from "../domain/connection.ts";
import { AppError } from "../domain/errors.ts";
import type { Scope } from "../domain/tenant.ts";
import { type AwaitUnregisteredDeps, awaitUnregistered, stillRegistered } from "./await-unregistered.ts";
import { missing } from "./connection-errors.ts";
import { findUsers } from "./find-users.ts";
import { oauthSchemeOf } from "./oauth/oauth-credential.ts";
import { openCredential } from "./open-credential.ts";
import { type PlanRevocationDeps, planRevocation } from "./plan-revocation.ts";
import type { Vault } from "./vault.ts";

export type DeleteConnectionDeps = AwaitUnregisteredDeps &
  PlanRevocationDeps & {
    readonly backend: Pick<Backend, "connections" | "workflows" | "oauth">;
    readonly vault: Vault;
    /** Something is due at once that was not known before. */
    readonly queued: () => void;
  };

export function createConnectionRemoval(deps: DeleteConnectionDeps) {
  const { backend, clock, vault, connectors } = deps;
  const { connections } = backend;

  /**
   * Rejects with `conflict` while a workflow names the connection, and while something is registered at the provider
   * through it that the provider cannot be made to forget now, unless it may stay there.
   */
  async function remove(scope: Scope, id: string, { leaveRegistered = false } = {}): Promise<void> {
    authorize(scope, "connection.write");
    for (;;) {
      const found = await connections.findSealed(scope, id);
      if (!found) throw missing(id);
      const users = await findUsers(scope, id, backend);
      if (users.length > 0) throw inUse(users);
      const registered = await awaitUnregistered(scope, id, deps);
      if (registered.length > 0 && !leaveRegistered) throw stillRegistered(registered);
      const { connection } = found;
      const opened = await openCredential(vault, connection, found.sealed);
      // What was granted is taken back at the provider; a credential that cannot be read cannot be.
      const plan = opened.kind === "opened" ? await planRevocation(scope, connection, opened.value, deps) : null;
      const revocation = plan?.kind === "planned" ? plan.revocation : null;
      const details = {
        // What is gone has to be called something in the audit log.
        name: connection.name,
        connector: connection.connector,
        ...(registered.length > 0 && { leftRegistered: registered.map(({ workflowId }) => workflowId) }),
      };
      const change = { at: clock.now(), action: "connection.deleted", target: id, details };
      // Refreshed meanwhile: what it holds now is what has to be taken back.
      if (!(await connections.delete(scope, id, { revocation, generation: connection.generation }, change))) continue;
      if (revocation) deps.queued();
      return forgetProblem(scope, connection);
    }
  }

  /** It may have been the only one whose app was refused; if not, the next refusal says so again. */
  async function forgetProblem(scope: Scope, { connector, scheme, refreshFailures }: Connection): Promise<void> {
    if (refreshFailures === 0) return;
    const definition = Object.hasOwn(connectors, connector) ? await connectors[connector]!() : null;
    const granted = oauthSchemeOf(definition, scheme);
    if (granted) await backend.oauth.clearProblem(scope, granted.provider);
  }

  return remove;
}

function inUse(users: readonly { readonly id: string; readonly name: string }[]): AppError {
  const named = users.slice(0, 10).map(({ id, name }) => `"${name}" (${id})`);
  const more = users.length > named.length ? ` and ${users.length - named.length} more` : "";
  return new AppError(
    "conflict",
    `The connection is used by ${named.join(", ")}${more}. Take it out of these workflows and publish them, then delete it.`,
    { detailCode: "connection_in_use" },
  );
}
