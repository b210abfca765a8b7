import type { GuardedRequest } from "../connector-sdk/call-provider.ts";
import type { ConnectorRegistry } from "../connector-sdk/connector.ts";
import { authorize } from "../domain/authorize.ts";
import type { Backend } from "../domain/backend.ts";
import type { ConnectedAccount, Connection } from "../domain/connection.ts";
import type { Scope } from "../domain/tenant.ts";
import type { Clock } from "../platform/clock.ts";
import { checkCredential } from "./check-credential.ts";
import { missing } from "./connection-errors.ts";
import { openCredential } from "./open-credential.ts";
import type { ConnectionUse } from "./use-connection.ts";
import type { Vault } from "./vault.ts";

export interface TestConnectionDeps {
  readonly backend: Pick<Backend, "connections" | "audit">;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly connectors: ConnectorRegistry;
  readonly request: GuardedRequest;
  readonly useConnection: ConnectionUse["useConnection"];
}

/** `asked`: the provider itself has said so; otherwise the credential is there and nothing is known against it. */
export type ConnectionTest =
  | { readonly ok: true; readonly asked: boolean; readonly account: ConnectedAccount | null }
  | { readonly ok: false; readonly problem: string };

/** Whoever clicks again and again, or lets a script ask, is told of once in so long, by outcome. */
const TESTS_GATHER_MS = 10 * 60_000;

export function createConnectionTest(deps: TestConnectionDeps) {
  const { backend, clock, vault, connectors } = deps;
  const { connections } = backend;

  /** Asks the provider where the connector can; else looks whether the credential is there and readable. */
  async function test(scope: Scope, id: string): Promise<ConnectionTest> {
    authorize(scope, "connection.write");
    const tested = await tryOut(scope, id);
    const outcome = tested.ok
      ? { action: "connection.tested", details: tested.account ? { account: tested.account.label } : {} }
      : { action: "connection.test_failed", details: { problem: tested.problem } };
    await backend.audit.append(scope, { at: clock.now(), target: id, gatherMs: TESTS_GATHER_MS, ...outcome });
    return tested;
  }

  async function tryOut(scope: Scope, id: string): Promise<ConnectionTest> {
    const found = await connections.findSealed(scope, id);
    if (!found) throw missing(id);
    const { connection, sealed } = found;
    const opened = await openCredential(vault, connection, sealed);
    if (opened.kind !== "opened") return { ok: false, problem: opened.problem };
    if (connection.state !== "ready")
      return { ok: false, problem: connection.problem ?? "The connection has to be reconnected." };
    const definition = Object.hasOwn(connectors, connection.connector)
      ? await connectors[connection.connector]!()
      : null;
    if (!definition?.testConnection) return { ok: true, asked: false, account: connection.account };
    const access = await deps.useConnection(scope, id, connection.connector);
    if (access.kind !== "ready") return { ok: false, problem: access.reason };
    const check = await checkCredential(definition, access.credential, connection.hosts, deps);
    if (check.kind === "works") {
      if (check.account) await learnAccount(scope, connection, check.account);
      return { ok: true, asked: true, account: check.account };
    }
    return { ok: false, problem: check.kind === "untested" ? "The connector cannot test it." : check.problem };
  }

  /** Of a credential that was typed in nobody knew; and accounts are renamed. Another one is a person's decision. */
  async function learnAccount(scope: Scope, { id, generation, account }: Connection, now: ConnectedAccount) {
    if (account?.label === now.label || (account !== null && account.id !== now.id)) return;
    await connections.learnAccount(scope, id, generation, now);
  }

  return test;
}
