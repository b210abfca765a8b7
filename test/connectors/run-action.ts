import type { ActionDefinition, ConnectionCredential } from "../../src/connector-sdk/action.ts";
import { ActionError } from "../../src/connector-sdk/action-error.ts";
import { classifyEgressError } from "../../src/connector-sdk/classify-egress-error.ts";
import { validateInput } from "../../src/connector-sdk/validate-input.ts";
import type { Json, JsonObject } from "../../src/domain/json.ts";
import { createEgress, type Egress } from "../../src/platform/egress/create-egress.ts";

export interface ActionWorld {
  /** Runs the action as the engine does: validated input, guarded egress, failures classified. Rejects with ActionError. */
  run(action: ActionDefinition, input: JsonObject, options?: RunOptions): Promise<Json>;
  close(): void;
}

interface RunOptions {
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
  try {
    return await action.run({
      input: value,
      idempotencyKey: options.idempotencyKey ?? "key-1",
      credential: options.credential ?? null,
      signal,
      deadlineAt: nowMs + TIMEOUT_MS,
      now: () => nowMs,
      request: (request) =>
        egress.request({
          ...request,
          timeoutMs: TIMEOUT_MS,
          maxResponseBytes: 16 * 1024 * 1024,
          signal,
          ...(options.credential && { allowedHosts: options.hosts ?? ["127.0.0.1"] }),
        }),
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
