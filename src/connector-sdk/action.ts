import type { Json, JsonObject } from "../domain/json.ts";
import type { Effect } from "../domain/workflow.ts";
import type { CallContext } from "./call-context.ts";
import type { Fields } from "./fields.ts";
import type { InputOf } from "./input-of.ts";

/** One thing a connector can do. Loaded when a workflow that uses it is compiled, never at start. */
export interface ActionDefinition<Input = JsonObject> {
  readonly title: string;
  readonly description: string;
  /** Shape of `input`; rendered as a form, and checked at save (with expressions in place) and before the call. */
  readonly input: Fields;
  /** What happens when it is done twice. A function where the input decides, as with HTTP methods. */
  readonly effect: Effect | ((input: Input) => Effect);
  /** Where `context.api` puts the idempotency key of a `keyed` action. */
  readonly idempotency?: IdempotencyMapping;
  /** How long the provider remembers an idempotency key; afterwards a keyed action counts as unsafe. */
  readonly keyTtlMs?: number | ((input: Input) => number);
  /** Counts against the rate limits of this method; default: the action's name. */
  readonly rateLimitMethod?: string;
  /**
   * Its requests are of these methods too (it reads before it writes): it waits for its turn in all of them, and each
   * request counts as what the connector's `rateLimitMethod` says.
   */
  readonly furtherRateLimitMethods?: readonly string[];
  /** An example of what `run` returns, for mapping before the first test. */
  readonly outputSample: Json;
  /** JSON Schema (2020-12) of what `run` returns, where the provider publishes one. */
  readonly outputSchema?: JsonObject;
  /** Does it. Throw `ActionError` for every failure the provider tells; anything else counts as unknown. */
  run(context: ActionContext<Input>): Promise<Json>;
}

/**
 * Where the provider takes an idempotency key. An action's first writing request carries the key itself, every further
 * one a key derived from it, so an action must send its writing requests in the same order each time.
 */
export interface IdempotencyMapping {
  /** `body`: a member of the JSON or form body. */
  readonly in: "header" | "query" | "body";
  readonly name: string;
  /** `text` (default): 43 characters of A-Z, a-z, 0-9, - and _. `uuid`: where only that is taken. */
  readonly format?: "text" | "uuid";
}

export interface ActionContext<Input = JsonObject> extends CallContext {
  /** As `validateInput` gives it: defaults filled in, no expression left. */
  readonly input: Input;
  /** Same on every retry of the same step. `context.api` sends it where `idempotency` says; elsewhere send it yourself. */
  readonly idempotencyKey: string;
  /** When the step's time is up, epoch milliseconds. */
  readonly deadlineAt: number;
}

/** Gives `effect`, `keyTtlMs` and `run` the input's type, derived from its fields. */
export function defineAction<const F extends Fields>(
  action: ActionDefinition<InputOf<F>> & { readonly input: F },
): ActionDefinition {
  // The engine validates every input against `action.input` before it reaches the definition's functions.
  return action as unknown as ActionDefinition;
}
