import type { Fields } from "../../../src/connector-sdk/fields.ts";
import { hmacMatches } from "../../../src/connector-sdk/hmac-matches.ts";
import type { Json, JsonObject } from "../../../src/connector-sdk/json.ts";
import { defineTrigger, type TriggerDefinition } from "../../../src/connector-sdk/trigger.ts";
import { dropLinks } from "../drop-links.ts";
import { repository } from "../fields.ts";
import { createHook, deleteHook, deleteHooksFor } from "../hooks.ts";
import { readDelivery } from "../read-delivery.ts";

interface RepositoryTrigger {
  readonly title: string;
  readonly description: string;
  /** Beside `repository`. */
  readonly input: Fields;
  /** GitHub's names of the events to be sent. */
  readonly events: (input: JsonObject) => readonly string[];
  /** Whether the workflow asked for this one. */
  readonly wants: (payload: JsonObject, input: JsonObject, event: string) => boolean;
  readonly bodySample: Json;
}

/** A trigger whose webhook stands in one repository. `trigger.body` is GitHub's payload without the API's own links. */
export function repositoryTrigger({ events, wants, ...trigger }: RepositoryTrigger): TriggerDefinition {
  return defineTrigger({
    ...trigger,
    kind: "subscription",
    input: { repository, ...trigger.input },

    async subscribe({ api, input, url, secret }) {
      const { repository } = input as { repository: string };
      const id = await createHook(api, { repository, url, secret, events: events(input) });
      return { state: { repository, id } };
    },

    async unsubscribe({ api, input, url, state }) {
      // The state knows where the hook stands, even if the input names another repository by now.
      if (typeof state?.repository === "string" && typeof state.id === "number")
        return deleteHook(api, state.repository, state.id);
      await deleteHooksFor(api, (input as { repository: string }).repository, url);
    },

    verify: ({ headers, body }, { secret }) =>
      hmacMatches({ secret, content: [body], signature: headers["x-hub-signature-256"], prefix: "sha256=" }),

    toEvents(delivery, { input }) {
      const event = delivery.headers["x-github-event"] ?? "";
      const payload = readDelivery(delivery);
      // `ping` is GitHub's greeting to a new hook.
      if (payload === null || !events(input).includes(event) || !wants(payload, input, event)) return [];
      const body = { event, ...(dropLinks(payload) as JsonObject) };
      return [{ id: delivery.headers["x-github-delivery"] ?? null, body }];
    },
  });
}

/** For events with an `action`: whether it is one of those chosen in `actions`. */
export function isChosenAction(payload: JsonObject, { actions }: JsonObject): boolean {
  return Array.isArray(actions) && actions.includes(payload.action as Json);
}
