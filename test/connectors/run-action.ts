import type { ActionDefinition } from "../../src/connector-sdk/action.ts";
import { ActionError } from "../../src/connector-sdk/action-error.ts";
import type { CallContext } from "../../src/connector-sdk/call-context.ts";
import { classifyEgressError } from "../../src/connector-sdk/classify-egress-error.ts";
import type { ConnectorDefinition } from "../../src/connector-sdk/connector.ts";
import { createApi } from "../../src/connector-sdk/create-api.ts";
import type { ConnectionCredential, IncomingResponse, OutgoingRequest } from "../../src/connector-sdk/http-exchange.ts";
import { resolveHosts } from "../../src/connector-sdk/resolve-hosts.ts";
import { validateInput } from "../../src/connector-sdk/validate-input.ts";
import type { Json, JsonObject } from "../../src/domain/json.ts";
import { createEgress, type Egress } from "../../src/platform/egress/create-egress.ts";
import { parseTarget } from "../../src/platform/egress/parse-target.ts";

export interface ActionWorld {
  /** Runs the action as the engine does: validated input, guarded egress, failures classified. Rejects with ActionError. */
  run(action: ActionDefinition, input: JsonObject, options?: RunOptions): Promise<Json>;
  /** What choices, triggers and the test of a connection are given. */
  context(options?: RunOptions): CallContext;
  close(): void;
}

export interface RunOptions {
  /** Whose `context.api` the action is given; needed by actions that use it. */
  readonly connector?: ConnectorDefinition;
  readonly credential?: ConnectionCredential;
  /** The hosts that the connection names itself. Nothing is pinned without a credential. */
  readonly hosts?: readonly string[];
  /** Where to send what is meant for an origin; with it, nothing goes to an origin that it does not name. */
  readonly routes?: Readonly<Record<string, string>>;
  readonly idempotencyKey?: string;
  readonly nowMs?: number;
}

/** Actions against real sockets on loopback, which is the only private network that the egress allows here. */
export function createActionWorld(): ActionWorld {
  const egress = createEgress({ allow: ["127.0.0.0/8"] });
  return {
    run: (action, input, options = {}) => run(egress, action, input, options),
    context: (options = {}) => createContext(egress, options, null),
    close: () => egress.close(),
  };
}

const TIMEOUT_MS = 20_000;

async function run(egress: Egress, action: ActionDefinition, input: JsonObject, options: RunOptions): Promise<Json> {
  const { value, errors } = validateInput(action.input, input, { path: "input", expressions: "resolved" });
  if (errors.length > 0) throw new Error(`invalid input: ${JSON.stringify(errors)}`);
  const idempotencyKey = options.idempotencyKey ?? "key-1";
  const context = createContext(
    egress,
    options,
    action.idempotency ? { mapping: action.idempotency, key: idempotencyKey } : null,
  );
  try {
    return await action.run({ ...context, input: value, idempotencyKey, deadlineAt: context.now() + TIMEOUT_MS });
  } catch (error) {
    throw classifyEgressError(error);
  }
}

type Idempotency = Parameters<typeof createApi>[0]["idempotency"];

function createContext(egress: Egress, options: RunOptions, idempotency: Idempotency): CallContext {
  const nowMs = options.nowMs ?? Date.now();
  const now = () => nowMs;
  const credential = options.credential ?? null;
  const connector = options.connector ?? { auth: {}, hosts: "from_connection" as const };
  const hosts = credential && resolveHosts(connector, credential, options.hosts ?? ["127.0.0.1"]);
  const { signal } = new AbortController();
  const request = async (outgoing: OutgoingRequest): Promise<IncomingResponse> => {
    const rest = { ...outgoing, timeoutMs: TIMEOUT_MS, maxResponseBytes: 16 * 1024 * 1024, signal };
    // A rerouted request is held to the hosts by the address that it was meant for.
    if (options.routes) return egress.request({ ...rest, url: reroute(outgoing.url, hosts, options.routes) });
    return egress.request({ ...rest, ...(hosts && { allowedHosts: hosts }) });
  };
  return { credential, signal, now, request, api: createApi({ connector, credential, request, now, idempotency }) };
}

function reroute(text: string, hosts: readonly string[] | null, routes: Readonly<Record<string, string>>): string {
  const { url } = parseTarget(text, hosts ?? undefined);
  const peer = routes[url.origin];
  if (peer === undefined) throw new Error(`a request to ${url.origin}, where no peer stands`);
  return peer + url.pathname + url.search;
}

/** The failure of a run that must fail. */
export async function failureOf(run: Promise<Json>): Promise<ActionError> {
  const error = await run.then(
    (output) => new Error(`succeeded with ${JSON.stringify(output)}`),
    (reason: unknown) => reason,
  );
  if (error instanceof ActionError) return error;
  throw error;
}
