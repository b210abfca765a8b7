import type { Json, JsonObject } from "../domain/json.ts";
import type { CallContext } from "./call-context.ts";
import type { Delivery, DeliveryReply } from "./delivery.ts";
import type { Fields } from "./fields.ts";
import type { ConnectionCredential } from "./http-exchange.ts";
import type { InputOf } from "./input-of.ts";

/**
 * How a connector starts workflows. The engine knows the kinds, never the connectors:
 * - `webhook`: a secret path of the workflow that a person enters at the sender; input may hold `methods`, `dedupeBy`, `signature`;
 * - `schedule`: input holds `cron` and `timezone`, or `every`, and `missed`;
 * - `manual`: nothing by itself; runs come from the API, the UI and other workflows;
 * - `poll`: asks the provider again and again for what is new;
 * - `subscription`: registers the workflow's secret path at the provider when the workflow is published;
 * - `app_event`: the provider sends the events of all accounts to one address of the app (see `AppEvents`).
 */
export type TriggerDefinition<Input = JsonObject> =
  | (TriggerBase & { readonly kind: "webhook" | "schedule" | "manual" })
  | PollTrigger<Input>
  | SubscriptionTrigger<Input>
  | AppEventTrigger<Input>;

interface TriggerBase {
  readonly title: string;
  readonly description: string;
  /** Rendered as a form and checked at save. May not hold expressions: nothing has happened yet. */
  readonly input: Fields;
  /** An example of `trigger.body`. */
  readonly bodySample: Json;
  /** JSON Schema (2020-12) of `trigger.body`, where the provider publishes one. */
  readonly bodySchema?: JsonObject;
}

// Poll ----------------------------------------------------------------------------------------------------------------

/**
 * Every item starts one run, once. The cursor is stored in the commit that accepts the items' runs, and ids are
 * remembered for 30 days, so a poll may and should overlap: providers show records late, and clocks differ. Read a
 * minute or more before the cursor again; what was seen is dropped by its id.
 *
 * The first poll after publishing (`cursor` is null) only remembers where it stands, unless the builder asked for what
 * is already there. `defineTrigger` adds the fields `every` and `startWith` to the input for that.
 */
export interface PollTrigger<Input = JsonObject> extends TriggerBase {
  readonly kind: "poll";
  /** How often unless the builder says otherwise, ISO 8601. Default: PT5M. */
  readonly every?: string;
  readonly poll: (context: PollContext<Input>) => Promise<PollAnswer>;
}

export interface PollContext<Input = JsonObject> extends CallContext {
  readonly input: Input;
  /** What the last poll returned; null at the first. */
  readonly cursor: Json;
}

export interface PollAnswer {
  /** Oldest first; at most about 1,000 at a time. */
  readonly items: readonly TriggerEvent[];
  /** Where the next poll goes on. Small: it is stored with every poll. */
  readonly cursor: Json;
  /** There is more right now: the next poll follows at once instead of at its time. */
  readonly more?: boolean;
}

export interface TriggerEvent {
  /**
   * Names the event: the same id never starts a second run of the workflow. For "new or changed" put the version into
   * it (`42@2026-05-31T09:30:00Z`). Null only where the provider gives nothing to go by: every delivery is then new.
   */
  readonly id: string | null;
  /** Becomes `trigger.body`. */
  readonly body: Json;
}

// Subscription --------------------------------------------------------------------------------------------------------

/**
 * The workflow's address is registered at the provider when it is published and taken away when it is unpublished or
 * deleted. All of this may run twice, and the process may die between the provider's answer and our commit: `subscribe`
 * must recognise a subscription that already stands for `url` (list them, or register under `key`), and `unsubscribe`
 * must count "not there" as done.
 */
export interface SubscriptionTrigger<Input = JsonObject> extends TriggerBase {
  readonly kind: "subscription";
  readonly subscribe: (context: SubscribeContext<Input>) => Promise<Subscription>;
  /** `state` is what `subscribe` returned; null when the process died before it was stored: look for `url`. */
  readonly unsubscribe: (context: SubscribeContext<Input> & { readonly state: JsonObject | null }) => Promise<void>;
  /** Prolongs a subscription that expires. Absent: `subscribe` is called again. */
  readonly renew?: (context: SubscribeContext<Input> & { readonly state: JsonObject }) => Promise<Subscription>;
  /** Answers the provider's question whether the address is ours (a challenge to echo); null for a real event. */
  readonly handshake?: (delivery: Delivery, secret: string) => DeliveryReply | null;
  /** Whether the delivery is signed with `secret` (and, where a time is signed too, recent). Use `hmacMatches`. */
  readonly verify: (delivery: Delivery, context: { readonly secret: string; readonly nowMs: number }) => boolean;
  /** The events in a delivery; none for those that the workflow did not ask for. */
  readonly toEvents: (delivery: Delivery, context: { readonly input: Input }) => readonly TriggerEvent[];
}

export interface SubscribeContext<Input = JsonObject> extends CallContext {
  readonly input: Input;
  /** Where the provider is to send events. The same for all the workflow's life. */
  readonly url: string;
  /** For the provider to sign with: 43 characters, the same for all the workflow's life. */
  readonly secret: string;
  /** A stable name for this subscription, for providers that take one. */
  readonly key: string;
}

export interface Subscription {
  /** What `unsubscribe` and `renew` need, such as the provider's id of it. Not a place for secrets. */
  readonly state: JsonObject;
  /** Epoch milliseconds; renewed in good time before. */
  readonly expiresAt?: number;
}

// App event -----------------------------------------------------------------------------------------------------------

/** Which of the app's events a workflow wants. Needs `appEvents` in the connector's definition. */
export interface AppEventTrigger<Input = JsonObject> extends TriggerBase {
  readonly kind: "app_event";
  /** What becomes `trigger.body`, or undefined when the workflow did not ask for this event. */
  readonly select: (event: AppEvent, context: { readonly input: Input }) => Json | undefined;
}

/**
 * What the provider sends to the app's one address for every account that has installed the app: `/hooks/apps/<connector>`
 * for the installation's app, an address of its own for each app that a tenant has registered. An event reaches the
 * workflows whose trigger uses a connection with the event's account id, and no others: of all tenants at the
 * installation's address, of its own tenant at a tenant's. An account nobody has connected is answered 2xx and forgotten.
 */
export interface AppEvents {
  /** What the provider signs with. An operator sets it in the environment, a tenant enters it for an app of its own. */
  readonly secrets: readonly AppSecret[];
  /** The environment's prefix, mostly the OAuth scheme's `provider`. */
  readonly provider: string;
  /** Whether the delivery comes from the provider. `secrets` in the order of their names. Use `hmacMatches`. */
  readonly verify: (
    delivery: Delivery,
    context: { readonly secrets: readonly string[]; readonly nowMs: number },
  ) => boolean;
  /**
   * An answer that the provider waits for instead of an event's acceptance; called after `verify`, and before a tenant
   * has entered its app's secrets without: so it must give away nothing but what the delivery holds.
   */
  readonly handshake?: (delivery: Delivery) => DeliveryReply | null;
  /** Left out by a connector without `app_event` triggers, whose provider only tells what `toRevocations` reads. */
  readonly toEvents?: (delivery: Delivery) => readonly AppEvent[];
  /** Where the delivery says that access was taken back at the provider: whose. */
  readonly toRevocations?: (delivery: Delivery) => readonly AppRevocation[];
}

export interface AppSecret {
  /** `<PROVIDER>_<NAME>` in the environment: `SIGNING_SECRET`, `WEBHOOK_SECRET` or `VERIFICATION_TOKEN`. */
  readonly name: string;
  readonly title: string;
  /** A sentence: where the provider shows it. */
  readonly description: string;
}

/**
 * The provider's word that a grant is gone. Connections of the account whose credential is meant need a person at once
 * instead of at their next call. A credential that is newer than `at` is left alone; of one that was
 * obtained within the same minute, the provider is asked.
 */
export interface AppRevocation {
  /** `account.id` of the connections that may be meant. */
  readonly accountId: string;
  /** When, in epoch milliseconds by the provider's clock; null where it does not tell: then it is asked. */
  readonly at: number | null;
  /** Whether this credential is meant; null where that cannot be told from it: then the provider is asked. */
  readonly concerns: (credential: ConnectionCredential) => boolean | null;
  /** A sentence for people: what the provider says has happened. */
  readonly reason: string;
}

export interface AppEvent {
  /** `account.id` of the connections that it is for. */
  readonly accountId: string;
  /** The provider's id of the event, the same when it is sent again. */
  readonly id: string | null;
  readonly type: string;
  readonly body: Json;
}

/** Gives the trigger's functions the input's type, derived from its fields, and a `poll` trigger the fields all polls have. */
export function defineTrigger<const F extends Fields>(
  trigger: TriggerDefinition<InputOf<F>> & { readonly input: F },
): TriggerDefinition {
  // The engine validates every input against `trigger.input` before it reaches the definition's functions.
  const definition = trigger as unknown as TriggerDefinition;
  return definition.kind === "poll"
    ? { ...definition, input: { ...definition.input, ...pollFields(definition) } }
    : definition;
}

const DEFAULT_POLL_INTERVAL = "PT5M";

function pollFields({ every = DEFAULT_POLL_INTERVAL }: PollTrigger): Fields {
  return {
    every: {
      kind: "text",
      title: "Look every",
      description: "An ISO 8601 duration.",
      format: "duration",
      default: every,
    },
    startWith: {
      kind: "select",
      title: "When published",
      default: "new",
      options: [
        { value: "new", title: "Wait for what is new" },
        { value: "existing", title: "Also run for what is there already" },
      ],
    },
  };
}
