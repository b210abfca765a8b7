import type { ActionDefinition } from "../../src/connector-sdk/action.ts";
import { ActionError } from "../../src/connector-sdk/action-error.ts";
import { classifyEgressError } from "../../src/connector-sdk/classify-egress-error.ts";
import type { ConnectorDefinition } from "../../src/connector-sdk/connector.ts";
import { createApi } from "../../src/connector-sdk/create-api.ts";
import type { ConnectionCredential, OutgoingRequest } from "../../src/connector-sdk/http-exchange.ts";
import { validateInput } from "../../src/connector-sdk/validate-input.ts";
import type { Json, JsonObject } from "../../src/domain/json.ts";
import { createEgress, type Egress } from "../../src/platform/egress/create-egress.ts";

export interface ActionWorld {
  /** Runs the action as the engine does: validated input, guarded egress, failures classified. Rejects with ActionError. */
  run(action: ActionDefinition, input: JsonObject, options?: RunOptions): Promise<Json>;
  close(): void;
}

interface RunOptions {
  /** Whose `context.api` the action is given; needed by actions that use it. */
  readonly connector?: ConnectorDefinition;
  readonly credential?: ConnectionCredential;
  /** The connection's hosts; none are pinned without a credential. */
  readonly hosts?: readonly string[];
  readonly idempotencyKey?: string;
  readonly nowMs?: number;
}

/** Actions against real sockets on loopback, which is the only private network that the egress allows here. */
export function createActionWorld(): ActionWorld {
  const egress = createEgress({ allow: ["127.0.0.0/8"] });
  return {
    run: (action, input, options = {}) => run(egress, action, input, options),
    close: () => egress.close(),
  };
}

const TIMEOUT_MS = 4_000;

async function run(egress: Egress, action: ActionDefinition, input: JsonObject, options: RunOptions): Promise<Json> {
  const { value, errors } = validateInput(action.input, input, { path: "input", expressions: "resolved" });
  if (errors.length > 0) throw new Error(`invalid input: ${JSON.stringify(errors)}`);
  const nowMs = options.nowMs ?? Date.now();
  const { signal } = new AbortController();
  const credential = options.credential ?? null;
  const key = options.idempotencyKey ?? "key-1";
  const request = (outgoing: OutgoingRequest) =>
    egress.request({
      ...outgoing,
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes: 16 * 1024 * 1024,
      signal,
      ...(credential && { allowedHosts: options.hosts ?? ["127.0.0.1"] }),
    });
  const idempotency = action.idempotency ? { mapping: action.idempotency, key } : null;
  const connector = options.connector ?? { auth: {} };
  try {
    return await action.run({
      input: value,
      idempotencyKey: key,
      credential,
      signal,
      deadlineAt: nowMs + TIMEOUT_MS,
      now: () => nowMs,
      request,
      api: createApi({ connector, credential, request, now: () => nowMs, idempotency }),
    });
  } catch (error) {
    throw classifyEgressError(error);
  }
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
