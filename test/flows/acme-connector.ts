import { defineAction } from "../../src/connector-sdk/action.ts";
import type { ConnectorRegistry } from "../../src/connector-sdk/connector.ts";
import { defineConnector } from "../../src/connector-sdk/connector.ts";
import type { Delivery } from "../../src/connector-sdk/delivery.ts";
import { hmacMatches } from "../../src/connector-sdk/hmac-matches.ts";
import { type AppEvents, defineTrigger } from "../../src/connector-sdk/trigger.ts";
import type { Json, JsonObject } from "../../src/domain/json.ts";

/*
 * A provider that behaves as the test's peer says, through a connector that uses everything the SDK has:
 *
 *   GET /leads?since=        { leads: [{ id, at }], more? }        polled
 *   GET|POST|DELETE /webhooks                                      subscribed; signed with X-Acme-Signature (hex)
 */

const WEBHOOKS = "/webhooks";

const newLead = defineTrigger({
  kind: "poll",
  title: "New lead",
  description: "Runs for every lead.",
  every: "PT1M",
  input: { region: { kind: "text", title: "Region" } },
  bodySample: { id: 1, at: 1 },
  async poll({ api, input, cursor }) {
    const { body } = await api({ path: "/leads", query: { region: input.region, since: cursor as number | null } });
    const { leads, more = false } = body as { leads: { id: number | null; at: number }[]; more?: boolean };
    const latest = Math.max(Number(cursor ?? 0), ...leads.map(({ at }) => at));
    return {
      items: leads.map((lead) => ({ id: lead.id === null ? null : String(lead.id), body: lead })),
      cursor: latest,
      more,
    };
  },
});

const changed = defineTrigger({
  kind: "subscription",
  title: "Something changed",
  description: "Runs for every change.",
  input: { topic: { kind: "text", title: "Topic", required: true } },
  bodySample: {},
  async subscribe({ api, input, url, secret, now }) {
    const { body } = await api({ path: WEBHOOKS });
    const standing = (body as { hooks: { id: string; url: string }[] }).hooks.find((each) => each.url === url);
    if (standing) return { state: { id: standing.id } };
    const made = await api({ method: "POST", path: WEBHOOKS, json: { url, secret, topic: input.topic } });
    const { id, expiresInMs } = made.body as { id: string; expiresInMs?: number };
    return { state: { id }, ...(expiresInMs && { expiresAt: now() + expiresInMs }) };
  },
  async unsubscribe({ api, url, state }) {
    const { body } = await api({ path: WEBHOOKS });
    const { hooks } = body as { hooks: { id: string; url: string }[] };
    for (const { id } of hooks.filter((each) => (state ? each.id === state.id : each.url === url)))
      await api({ method: "DELETE", path: `${WEBHOOKS}/${id}`, expect: [404] });
  },
  handshake: ({ query }) => {
    const challenge = query.get("challenge");
    return challenge === null ? null : { status: 200, body: challenge };
  },
  verify: ({ headers, body }, { secret }) =>
    hmacMatches({ secret, content: [body], signature: headers["x-acme-signature"] }),
  toEvents: ({ body }) =>
    (JSON.parse(Buffer.from(body).toString()) as { events: { id: string; data: Json }[] }).events.map((event) => ({
      id: event.id,
      body: event.data,
    })),
});

const mentioned = defineTrigger({
  kind: "app_event",
  title: "Mentioned",
  description: "Runs when somebody is mentioned.",
  input: { room: { kind: "text", title: "Room" } },
  bodySample: { room: "lobby" },
  select: ({ type, body }, { input }) => {
    const isWanted = type === "mention" && (!input.room || (body as JsonObject).room === input.room);
    return isWanted ? body : undefined;
  },
});

/** `{ events: [{ account, id, type, data }] }` or `{ challenge }`, signed as its webhooks are. */
const appEvents: AppEvents = {
  provider: "ACME",
  secrets: [{ name: "SIGNING_SECRET", title: "Signing secret", description: "On the app's page." }],
  verify: ({ headers, body }, { secrets: [secret = ""] }) =>
    hmacMatches({ secret, content: [body], signature: headers["x-acme-signature"] }),
  handshake(delivery) {
    const { challenge } = parse(delivery);
    return typeof challenge === "string" ? { status: 200, body: challenge } : null;
  },
  toEvents: (delivery) =>
    (parse(delivery).events as JsonObject[]).map(({ account, id, type, data }) => ({
      accountId: String(account),
      id: String(id),
      type: String(type),
      body: data ?? null,
    })),
};

function parse({ body }: Delivery): JsonObject {
  return JSON.parse(Buffer.from(body).toString()) as JsonObject;
}

const addLead = defineAction({
  title: "Add a lead",
  description: "Adds a lead to a list.",
  input: {
    list: {
      kind: "select",
      title: "List",
      required: true,
      choices: {
        async load({ api, search, cursor }) {
          const { body } = await api({ path: "/lists", query: { search, cursor } });
          return body as { options: { value: string; title: string }[]; nextCursor: string | null };
        },
      },
    },
    values: {
      kind: "object",
      title: "Values",
      fields: {},
      dynamicFields: {
        needs: ["list"],
        async load({ api, input }) {
          const { body } = await api({ path: "/columns", query: { list: String(input.list) } });
          const { columns } = body as { columns: string[] };
          return Object.fromEntries(columns.map((name) => [name, { kind: "text", title: name } as const]));
        },
      },
    },
  },
  effect: "keyed",
  idempotency: { in: "header", name: "Idempotency-Key" },
  outputSample: { id: 1 },
  async run({ api, input }) {
    const { list, values = {} } = input;
    return (await api({ method: "POST", path: `/lists/${encodeURIComponent(list)}/leads`, json: values as JsonObject }))
      .body;
  },
});

const acme = defineConnector({
  title: "Acme",
  description: "The tests' provider.",
  icon: "",
  auth: {
    token: {
      kind: "fields",
      title: "Token",
      fields: {
        token: { kind: "secret", title: "Token", required: true },
        address: { kind: "text", title: "Address", required: true },
      },
      sign: (request, { fields }) => ({
        ...request,
        headers: [...(request.headers ?? []), ["Authorization", `Bearer ${fields.token}`]],
      }),
    },
  },
  hosts: "from_connection",
  baseUrl: ({ fields }) => String(fields.address),
  async testConnection({ api }) {
    return (await api({ path: "/me" })).body as { id: string; label: string };
  },
  actions: { add_lead: async () => addLead },
  triggers: { new_lead: async () => newLead, changed: async () => changed, mentioned: async () => mentioned },
  appEvents: async () => appEvents,
});

/** The same provider, which gives each connection little. */
const paced = defineConnector({
  ...acme,
  title: "Acme, paced",
  rateLimits: [
    {
      title: "Requests",
      scope: "connection",
      requests: 10,
      perMs: 10_000,
      readHeaders: ({ headers }) =>
        headers["x-left"] === undefined ? null : { limit: 10, remaining: Number(headers["x-left"]) },
    },
  ],
  maxConcurrentCalls: 1,
});

/** The same provider with an app, always at the same place: there it says whose account a token is. */
const app = defineConnector({
  ...acme,
  hosts: { within: ["127.0.0.1"], of: ({ fields }) => [new URL(String(fields.address)).host] },
});

export const acmeRegistry: ConnectorRegistry = {
  acme: async () => acme,
  paced: async () => paced,
  "acme-app": async () => app,
};
