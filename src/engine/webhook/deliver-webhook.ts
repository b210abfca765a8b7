import type { Backend } from "../../domain/backend.ts";
import { AppError } from "../../domain/errors.ts";
import type { Json, JsonObject } from "../../domain/json.ts";
import { ENGINE_PERMISSIONS } from "../../domain/permission.ts";
import type { RunResponse, TriggerPayload } from "../../domain/run.ts";
import { grantScope, type Scope } from "../../domain/tenant.ts";
import { maskHeaders } from "../../platform/http-content/mask-headers.ts";
import type { TriggerEvent } from "../accept-trigger.ts";
import { signatureScheme } from "../compile-workflow.ts";
import type { CompiledWorkflow } from "../compiled-workflow.ts";
import type { UseConnection } from "../engine-deps.ts";
import { ExpressionError } from "../expressions/expression-error.ts";
import type { ResponseBoard, RunAnswer } from "../response-board.ts";
import {
  type DeliverToSubscriptionDeps,
  deliverToSubscription,
  type SubscriptionAnswer,
} from "../triggers/deliver-to-subscription.ts";
import type { WorkflowCache } from "../workflow-cache.ts";
import { parseBody } from "./parse-body.ts";
import { type SignatureSpec, verifySignature } from "./verify-signature.ts";

/** A request to a hook path, its body read and bounded. */
export interface Delivery {
  readonly secret: string;
  readonly method: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Uint8Array;
}

export type DeliveryAnswer =
  | { readonly kind: "accepted"; readonly runId: string; readonly duplicate: boolean }
  | { readonly kind: "responded"; readonly runId: string; readonly response: RunResponse }
  | { readonly kind: "ended"; readonly runId: string; readonly status: string }
  | { readonly kind: "timeout"; readonly runId: string }
  | SubscriptionAnswer;

export interface DeliverDeps extends DeliverToSubscriptionDeps {
  readonly backend: Backend;
  readonly cache: WorkflowCache;
  readonly responses: ResponseBoard;
  readonly useConnection: UseConnection;
  readonly newId: (prefix: string) => string;
}

const DEFAULT_RESPONSE_TIMEOUT_MS = 30_000;
const DELIVERY = { kind: "system", id: "webhook" } as const;

/**
 * Turns a delivery into a run. Resolves with `accepted` once the run is durable, or with the workflow's own answer
 * when it has a `respond` step. Rejects with `not_found` for an unknown or unpublished path, `unauthenticated` for a
 * bad signature, `malformed` or `unsupported_media_type` for a body that cannot be read.
 */
export async function deliverWebhook(delivery: Delivery, deps: DeliverDeps): Promise<DeliveryAnswer> {
  // What is in memory is not awaited: at thousands of deliveries a second every turn of the loop counts.
  const finding = deps.cache.findHook(hashHookSecret(delivery.secret));
  const hook = finding instanceof Promise ? await finding : finding;
  if (!hook || hook.version === null) throw new AppError("not_found", "There is no published webhook at this address.");
  const { tenantId, workspaceId, workflowId, version } = hook;
  const scope = grantScope(tenantId, workspaceId, DELIVERY, ENGINE_PERMISSIONS);
  const loading = deps.cache.load(scope, workflowId, version);
  const workflow = loading instanceof Promise ? await loading : loading;
  if (workflow.trigger.kind === "subscription")
    return deliverToSubscription(scope, { ...hook, version }, workflow, workflow.trigger, delivery, deps);
  checkMethod(workflow.triggerInput, delivery.method);
  const isSigned = signatureScheme(workflow.triggerInput) !== null;
  const deliveryId = isSigned ? await checkSignature(scope, workflow, delivery, deps) : null;

  const trigger = readTrigger(delivery, deps.clock.now());
  const dedupeKey = await dedupeKeyOf(scope, workflow, hook.workflowId, trigger, delivery, deliveryId, deps);
  const event: TriggerEvent = { workflowId, version, source: "webhook", eventId: null, trigger, dedupeKey };
  if (workflow.hasRespond) return acceptAndWait(scope, event, workflow, deps);
  const { runId, duplicate } = await deps.accept(scope, event);
  return { kind: "accepted", runId, duplicate };
}

/** What a hook path's secret is stored and found as. */
export function hashHookSecret(secret: string): string {
  return new Bun.CryptoHasher("sha256").update(secret).digest("base64url");
}

function checkMethod(input: JsonObject, method: string): void {
  const { methods } = input;
  if (!Array.isArray(methods) || methods.length === 0 || methods.includes(method)) return;
  const allow = methods.map(String);
  throw new AppError("method_not_allowed", `This webhook takes ${allow.join(", ")}.`, { allow });
}

// Signature ---------------------------------------------------------------------------------------------------------

/** The sender's own id of the delivery, from what is signed; null when there is none. */
async function checkSignature(
  scope: Scope,
  workflow: CompiledWorkflow,
  delivery: Delivery,
  deps: DeliverDeps,
): Promise<string | null> {
  const { connection, connector } = workflow.definition.trigger;
  if (connection === undefined) throw new AppError("unavailable", "The webhook's signing secret is not set.");
  const access = await deps.useConnection(scope, connection, connector);
  if (access.kind !== "ready") throw new AppError("unavailable", "The webhook's signing secret cannot be used.");
  const { signature } = workflow.triggerInput;
  const spec = {
    ...(signature as JsonObject),
    secret: access.credential.fields.secret ?? "",
  } as unknown as SignatureSpec;
  const header = (name: string) => delivery.headers[name.toLowerCase()] ?? null;
  const checked = verifySignature(spec, header, delivery.body, deps.clock.now());
  // The reason is for the owner of the workflow, not for whoever guesses at signatures.
  if (!checked.ok)
    throw new AppError("unauthenticated", "The delivery's signature is missing or wrong.", { cause: checked.reason });
  return checked.deliveryId;
}

// Payload -----------------------------------------------------------------------------------------------------------

function readTrigger(delivery: Delivery, now: number): TriggerPayload {
  const parsed = parseBody(delivery.headers["content-type"] ?? null, delivery.body);
  if (!parsed.ok) throw new AppError(parsed.code, parsed.message);
  return {
    body: parsed.body,
    headers: maskHeaders(delivery.headers),
    query: readQuery(delivery.query),
    method: delivery.method,
    receivedAt: new Date(now).toISOString(),
  };
}

/** `?a=1&a=2&b=3` → `{ a: ["1", "2"], b: "3" }`. */
function readQuery(query: URLSearchParams): Record<string, Json> {
  const values: Record<string, Json> = {};
  for (const name of new Set(query.keys())) {
    if (name === "__proto__") continue;
    const all = query.getAll(name);
    values[name] = all.length === 1 ? (all[0] ?? "") : all;
  }
  return values;
}

// Dedupe ------------------------------------------------------------------------------------------------------------

/** `dedupeBy` beats the `Idempotency-Key` header, which beats the id inside a signed delivery; empty means none. */
async function dedupeKeyOf(
  scope: Scope,
  workflow: CompiledWorkflow,
  workflowId: string,
  trigger: TriggerPayload,
  delivery: Delivery,
  deliveryId: string | null,
  deps: DeliverDeps,
): Promise<string | null> {
  if (workflow.dedupeBy) {
    const key = await evaluateDedupe(scope, workflow, workflowId, trigger, deps);
    return key === null || key === "" ? null : `dedupe ${typeof key === "string" ? key : JSON.stringify(key)}`;
  }
  const header = delivery.headers["idempotency-key"];
  if (header) return `header ${header}`;
  return deliveryId ? `delivery ${deliveryId}` : null;
}

/** A delivery without the field that `dedupeBy` names is accepted without a key, never refused. */
async function evaluateDedupe(
  scope: Scope,
  workflow: CompiledWorkflow,
  workflowId: string,
  trigger: TriggerPayload,
  deps: DeliverDeps,
): Promise<Json> {
  try {
    return (
      workflow.dedupeBy?.evaluate({
        trigger: trigger as unknown as Json,
        run: {},
        workflow: { id: workflowId, name: workflow.definition.name },
        vars: await deps.cache.variables(scope),
        step: () => undefined,
      }) ?? null
    );
  } catch (error) {
    if (error instanceof ExpressionError) return null;
    throw error;
  }
}

// Response ----------------------------------------------------------------------------------------------------------

/** A run that has not answered by then may be under way on another replica. */
const LOOK_ELSEWHERE_AFTER_MS = 50;

/** Waits from before the run is stored: a run of pure steps has answered by the time its acceptance is known. */
async function acceptAndWait(
  scope: Scope,
  event: TriggerEvent,
  workflow: CompiledWorkflow,
  deps: DeliverDeps,
): Promise<DeliveryAnswer> {
  const timeoutMs = workflow.definition.responseTimeoutMs ?? DEFAULT_RESPONSE_TIMEOUT_MS;
  const ownId = deps.newId("run");
  const own = deps.responses.wait(ownId, timeoutMs);
  try {
    const { runId, duplicate } = await deps.accept(scope, { ...event, runId: ownId });
    const answer = duplicate
      ? // A duplicate gets what the first delivery's run has answered, or will.
        await followed(scope, runId, 0, deps.responses.wait(runId, timeoutMs).answer, deps)
      : await followed(scope, runId, LOOK_ELSEWHERE_AFTER_MS, own.answer, deps);
    return { ...(answer ?? { kind: "timeout" }), runId };
  } finally {
    own.leave();
  }
}

/** What the run answers, on whichever replica: from `afterMs` on the run is watched until the answer is there. */
async function followed(
  scope: Scope,
  runId: string,
  afterMs: number,
  answer: Promise<RunAnswer | null>,
  { backend, responses }: DeliverDeps,
): Promise<RunAnswer | null> {
  const look = async () => {
    const run = await backend.runs.find(scope, runId);
    if (run?.response) responses.post(runId, { kind: "responded", response: run.response });
    else if (run && run.finishedAt !== null) responses.post(runId, { kind: "ended", status: run.status });
  };
  // What cannot be read now is looked for again when the run moves on.
  const tryLook = () => void look().catch(() => {});
  let stop = () => {};
  const follow = () => {
    stop = backend.runs.watch(scope, runId, tryLook);
    tryLook();
  };
  const timer = setTimeout(follow, afterMs);
  try {
    return await answer;
  } finally {
    clearTimeout(timer);
    stop();
  }
}
