import { ActionError } from "../../connector-sdk/action-error.ts";
import { callProvider } from "../../connector-sdk/call-provider.ts";
import type { ConnectorRegistry } from "../../connector-sdk/connector.ts";
import { AppError } from "../../domain/errors.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { EngineDeps } from "../engine-deps.ts";

const TIMEOUT_MS = 15_000;

export interface AccountDeps extends Pick<EngineDeps, "useConnection" | "request" | "clock"> {
  readonly connectors: ConnectorRegistry;
}

/**
 * Whose account a connection speaks for, as the provider itself says now: events of an account go to whoever proves to
 * have it, and to nobody who only names it. Rejects with `invalid` when the provider does not confirm one.
 */
export async function accountOfConnection(
  scope: Scope,
  connectorName: string,
  connectionId: string,
  { connectors, useConnection, request, clock }: AccountDeps,
): Promise<string> {
  const connector = await connectors[connectorName]!();
  // A server of the tenant's own would confirm whatever account its owner would like to listen to.
  if (connector.hosts === "from_connection") throw refuse("its connector lets each connection name the server it asks");
  const access = await useConnection(scope, connectionId, connectorName);
  if (access.kind !== "ready") throw refuse(access.reason);
  const { testConnection } = connector;
  if (!testConnection) throw refuse("its connector does not tell whose account it is");
  try {
    const account = await callProvider(
      { tenantId: scope.tenantId, connector, access, timeoutMs: TIMEOUT_MS, clock, request },
      testConnection,
    );
    if (account === null) throw refuse("the provider does not tell whose account it is");
    return account.id;
  } catch (error) {
    if (error instanceof ActionError) throw refuse(error.message);
    throw error;
  }
}

function refuse(why: string): AppError {
  const message = `cannot be used for this trigger: ${why}`;
  return new AppError("invalid", `The trigger's connection ${message}`, {
    fields: [{ path: "trigger.connection", message }],
  });
}
