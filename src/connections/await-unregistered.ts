import type { Backend } from "../domain/backend.ts";
import { AppError } from "../domain/errors.ts";
import type { RegisteredTrigger } from "../domain/subscription-store.ts";
import type { Scope } from "../domain/tenant.ts";
import type { Clock } from "../platform/clock.ts";

export interface AwaitUnregisteredDeps {
  readonly backend: Pick<Backend, "subscriptions">;
  readonly clock: Clock;
  /** What is registered at providers is due to be looked at. */
  readonly wakeSubscriptions: () => void;
}

/** A provider that can be told has been told by then; a person waits for the page no longer. */
const PATIENCE_MS = 5_000;
const LOOK_EVERY_MS = 50;

/**
 * What is registered at the provider through a connection that is about to go, and no workflow wants any more, after
 * the provider was asked once more to forget it. Empty when all of it is gone.
 */
export async function awaitUnregistered(
  scope: Scope,
  connectionId: string,
  { backend: { subscriptions }, clock, wakeSubscriptions }: AwaitUnregisteredDeps,
): Promise<readonly RegisteredTrigger[]> {
  const before = await subscriptions.registeredThrough(scope, connectionId);
  if (before.length === 0) return before;
  const failuresBefore = new Map(before.map(({ workflowId, failures }) => [workflowId, failures]));
  const waiting = before.filter(({ failures, paused }) => failures > 0 || paused);
  for (const { workflowId } of waiting) await subscriptions.hasten(scope, workflowId, clock.now());
  wakeSubscriptions();
  const giveUpAt = clock.now() + PATIENCE_MS;
  for (;;) {
    const left = await subscriptions.registeredThrough(scope, connectionId);
    const hasAnswered = left.every(({ workflowId, failures }) => failures > (failuresBefore.get(workflowId) ?? -1));
    if (hasAnswered || clock.now() >= giveUpAt) return left;
    await new Promise<void>((resolve) => void clock.after(LOOK_EVERY_MS, resolve));
  }
}

export function stillRegistered(registered: readonly RegisteredTrigger[]): AppError {
  const named = registered.slice(0, 10).map(({ workflowId, name }) => `"${name}" (${workflowId})`);
  const more = registered.length > named.length ? ` and ${registered.length - named.length} more` : "";
  const problem = registered.find((each) => each.problem !== null)?.problem;
  return new AppError(
    "conflict",
    `The provider still calls the address of ${named.join(", ")}${more}, and only this connection can have it stop.` +
      `${problem ? ` The last attempt: ${problem}` : ""} It is tried again by itself for about a day and a half:` +
      " delete the connection after that, or now and leave it registered at the provider.",
    { detailCode: "connection_registered" },
  );
}
