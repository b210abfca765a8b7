import type { Account } from "../connector-sdk/auth-scheme.ts";
import { callProvider, type GuardedRequest } from "../connector-sdk/call-provider.ts";
import { classifyEgressError } from "../connector-sdk/classify-egress-error.ts";
import type { ConnectorDefinition } from "../connector-sdk/connector.ts";
import type { ConnectionCredential } from "../connector-sdk/http-exchange.ts";
import { resolveHosts } from "../connector-sdk/resolve-hosts.ts";
import type { Clock } from "../platform/clock.ts";

export type CredentialCheck =
  | { readonly kind: "works"; readonly account: Account | null }
  /** The provider refuses the credential itself. */
  | { readonly kind: "refused"; readonly problem: string }
  /** It could not be found out now. */
  | { readonly kind: "unknown"; readonly problem: string }
  /** The connector has no way to find out. */
  | { readonly kind: "untested" };

/** Asks the provider, by the connector's own cheap call. Never rejects. */
export async function checkCredential(
  connector: ConnectorDefinition,
  credential: ConnectionCredential,
  ownHosts: readonly string[],
  { request, clock }: { readonly request: GuardedRequest; readonly clock: Clock },
): Promise<CredentialCheck> {
  const { testConnection } = connector;
  if (!testConnection) return { kind: "untested" };
  const access = { credential, hosts: resolveHosts(connector, credential, ownHosts) };
  try {
    const call = { connector, access, timeoutMs: TIMEOUT_MS, clock, request };
    return { kind: "works", account: named(await callProvider(call, testConnection)) };
  } catch (error) {
    const { kind, message } = classifyEgressError(error);
    return { kind: kind === "auth" ? "refused" : "unknown", problem: message };
  }
}

/** What a connector reads from an answer may be missing there, whatever its type says. */
function named(account: Account | null): Account | null {
  return typeof account?.id === "string" && typeof account.label === "string" ? account : null;
}

const TIMEOUT_MS = 20_000;
