import type { Json, JsonObject } from "../domain/json.ts";
import type { Effect } from "../domain/workflow.ts";
import type { Fields } from "./fields.ts";
import type { InputOf } from "./input-of.ts";

/** One thing a connector can do. Loaded when a workflow that uses it is compiled, never at start. */
export interface ActionDefinition<Input = JsonObject> {
  readonly title: string;
  readonly description: string;
  /** Shape of `input`; rendered as a form, and checked at save (with expressions in place) and before the call. */
  readonly input: Fields;
  /** What happens when it is done twice (DESIGN §3). A function where the input decides, as with HTTP methods. */
  readonly effect: Effect | ((input: Input) => Effect);
  /** How long the provider remembers an idempotency key; afterwards a keyed action counts as unsafe. */
  readonly keyTtlMs?: number | ((input: Input) => number);
  /** An example of what `run` returns, for mapping before the first test. */
  readonly outputSample: Json;
  /** Does it. Throw `ActionError` for every failure the provider tells; anything else counts as unknown. */
  run(context: ActionContext<Input>): Promise<Json>;
}

export interface ActionContext<Input = JsonObject> {
  /** As `validateInput` gives it: defaults filled in, no expression left. */
  readonly input: Input;
  /** Same on every retry of the same step; send it where the provider takes one. */
  readonly idempotencyKey: string;
  readonly credential: ConnectionCredential | null;
  /** The only way out: guarded, and pinned to the connection's hosts while a credential is in use. */
  request(request: OutgoingRequest): Promise<IncomingResponse>;
  readonly signal: AbortSignal;
  /** Epoch milliseconds by the engine's clock. */
  now(): number;
  /** When the step's time is up, epoch milliseconds. */
  readonly deadlineAt: number;
}

export interface ConnectionCredential {
  readonly scheme: string;
  /** By the names of the scheme's fields. */
  readonly fields: JsonObject;
}

export interface OutgoingRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: Uint8Array | string;
  /** `follow` re-checks every hop and drops credentials across origins. Default `none`. */
  readonly redirect?: "none" | "follow";
  /** Names of headers that carry the credential, dropped on a cross-origin redirect. */
  readonly secretHeaders?: readonly string[];
}

export interface IncomingResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly url: string;
}

/** Gives `effect`, `keyTtlMs` and `run` the input's type, derived from its fields. */
export function defineAction<const F extends Fields>(
  action: ActionDefinition<InputOf<F>> & { readonly input: F },
): ActionDefinition {
  // The engine validates every input against `action.input` before it reaches the definition's functions.
  return action as unknown as ActionDefinition;
}
