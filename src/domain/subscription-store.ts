import type { JsonObject } from "./json.ts";
import type { Scope } from "./tenant.ts";

/*
 * What a `subscription` trigger has registered at its provider, brought step by step to what is wanted:
 *
 *   wanted, nothing there        ─► begin (stored: may exist) ─► provider ─► settle: there
 *   there, expires soon          ─► take ─► provider ─► settle: there until later
 *   there or maybe, not wanted   ─► take ─► provider ─► settle: gone ─► the row goes, or the new wish begins
 *
 * Every call to the provider comes after the commit that says it may have happened, so whatever the process dies
 * between, the next look knows what may stand there.
 */

export interface TriggerSubscription {
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly workflowId: string;
  /** The published version that events start, and whose trigger is to be registered; null: nothing is wanted any more. */
  readonly wanted: WantedSubscription | null;
  /** What stands at the provider, or may stand there. */
  readonly standing: StandingSubscription | null;
  /** URL and signing secret, sealed. */
  readonly sealed: string;
  readonly nextAt: number;
  readonly failures: number;
  /** Why it could not be registered or taken away yet; safe to show. */
  readonly problem: string | null;
  readonly paused: boolean;
  /** Raised by every take and every publication; proof of who is at work. */
  readonly fence: number;
}

export interface WantedSubscription {
  readonly version: number;
  /** Covers all that the registration depends on. */
  readonly triggerHash: string;
}

export interface StandingSubscription extends WantedSubscription {
  /** What the connector needs to take it away again; null until the provider's answer was stored. */
  readonly state: JsonObject | null;
  /** When it is prolonged; null: it does not expire. */
  readonly renewAt: number | null;
}

export interface NewSubscription {
  readonly triggerHash: string;
  /** Kept from the first publication for as long as the row is there. */
  readonly sealed: string;
  readonly nextAt: number;
}

export interface SubscriptionSettlement {
  readonly standing: StandingSubscription | null;
  readonly nextAt: number;
  readonly failures: number;
  readonly problem: string | null;
  readonly paused: boolean;
}

/** What stands, or may stand, at a provider through a connection. */
export interface RegisteredTrigger {
  readonly workflowId: string;
  /** The workflow's; it may be deleted. */
  readonly name: string;
  readonly failures: number;
  readonly problem: string | null;
  readonly paused: boolean;
}

export interface SubscriptionStore {
  /** The earliest, of all tenants but these. */
  due(now: number, limit: number, exceptTenants?: readonly string[]): Promise<readonly TriggerSubscription[]>;
  nextDueAt(): Promise<number | null>;
  /**
   * Takes it for this process alone until then, and stores what may stand at the provider from now on. Null when
   * another was quicker or it was published anew.
   */
  take(
    subscription: TriggerSubscription,
    standing: StandingSubscription | null,
    until: number,
  ): Promise<TriggerSubscription | null>;
  /** False when it is no longer ours; nothing was written then. The row goes when nothing stands or is wanted. */
  settle(subscription: TriggerSubscription, settlement: SubscriptionSettlement): Promise<boolean>;
  find(scope: Scope, workflowId: string): Promise<TriggerSubscription | null>;
  /** By the versions that stand, whatever is wanted or published by now. */
  registeredThrough(scope: Scope, connectionId: string): Promise<readonly RegisteredTrigger[]>;
  /** Due at once, whatever it waits for. */
  hasten(scope: Scope, workflowId: string, now: number): Promise<void>;
  /** Every subscription of the workspace that waits for a connection is due. */
  wakePaused(scope: Scope, now: number): Promise<void>;
}
