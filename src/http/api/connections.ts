import { z } from "zod";
import type { Connection } from "../../domain/connection.ts";
import { pageOf, pageQuery, showPage, toPageRequest } from "./page.ts";
import { answer, defineRoute } from "./route.ts";
import { anyJson, showTime, showTimeOrNull, time } from "./values.ts";

const connection = z
  .object({
    id: z.string(),
    connector: z.string(),
    name: z.string(),
    scheme: z.string().meta({ description: "The connector's authentication scheme that the credential is for." }),
    hosts: z.array(z.string()).meta({ description: "The only hosts that the credential is sent to." }),
    state: z.enum(["ready", "needs_reconnect"]),
    problem: z.string().nullable().meta({ description: "Why it is not ready, or was not refreshed the last time." }),
    account: z
      .object({ id: z.string(), label: z.string() })
      .nullable()
      .meta({ description: "Whom it speaks for at the provider, where that is known." }),
    scopes: z.array(z.string()).meta({ description: "What the provider has granted." }),
    expiresAt: time.nullable().meta({ description: "When the access ends; it is refreshed before." }),
    refreshedAt: time.nullable(),
    refreshAt: time.nullable().meta({ description: "When it is refreshed next." }),
    createdAt: time,
    updatedAt: time,
    lastUsedAt: time.nullable(),
  })
  .meta({ id: "Connection" });

const health = z
  .object({
    connection,
    events: z
      .array(
        z.object({
          at: time,
          kind: z.enum([
            "refresh_failed",
            "refused",
            "needs_reconnect",
            "reconnected",
            "not_revoked",
            "revoked",
            "left_registered",
          ]),
          message: z.string(),
        }),
      )
      .meta({ description: "What went wrong lately, or mended it; the newest first." }),
    usedBy: z
      .array(z.object({ id: z.string(), name: z.string() }))
      .meta({ description: "The workflows that would fail without it." }),
    registered: z
      .array(z.object({ workflowId: z.string(), name: z.string(), problem: z.string().nullable() }))
      .meta({ description: "Triggers whose address is registered at the provider through it, or may be." }),
    parkedRuns: z.int().meta({ description: "Runs that wait for it, and go on by themselves after reconnecting." }),
  })
  .meta({ id: "ConnectionHealth" });

const name = z.string().max(200);
const hosts = z.array(z.string().max(300)).max(100);
const credential = z
  .record(z.string(), anyJson)
  .meta({ description: "The fields of the scheme. Stored sealed, never shown again.", writeOnly: true });

export const connectionRoutes = [
  defineRoute({
    method: "GET",
    path: "/connections",
    operation: "listConnections",
    summary: "List the connections of the workspace",
    needs: "read",
    query: pageQuery,
    responses: { 200: { description: "The connections, newest first.", schema: pageOf(connection) } },
    errors: [],
    async handle({ scope, query }, { connections }) {
      return answer(200, showPage(await connections.list(scope, toPageRequest(query)), show));
    },
  }),

  defineRoute({
    method: "POST",
    path: "/connections",
    operation: "createConnection",
    summary: "Store a credential for a connector",
    description:
      "Access that a person consents to at the provider is connected in the browser. Client credentials are connected here: " +
      "the app itself is the account, and `credential` holds what the scheme asks for beside it. So is a key that tokens are " +
      "asked for with (a GitHub App by itself, a Google service account): it is tried before it is stored.",
    needs: "write",
    body: z.strictObject({
      connector: z.string(),
      name,
      scheme: z.string(),
      credential,
      hosts: hosts.optional().meta({ description: "Required where the connector says `from_connection`." }),
    }),
    responses: {
      201: { description: "The new connection.", schema: connection, headers: { Location: "Its address." } },
    },
    errors: ["conflict"],
    async handle({ scope, body }, { connections, oauth }) {
      const { credential: fields, ...wanted } = { ...body, hosts: body.hosts ?? null };
      const created = (await oauth.isClientCredentials(body.connector, body.scheme))
        ? await oauth.connectDirectly(scope, { ...wanted, fields })
        : await connections.create(scope, { ...wanted, credential: fields });
      return answer(201, show(created), { location: `/api/v1/connections/${created.id}` });
    },
  }),

  defineRoute({
    method: "GET",
    path: "/connections/:id",
    operation: "getConnection",
    summary: "Get a connection",
    needs: "read",
    responses: { 200: { description: "The connection.", schema: connection } },
    errors: ["not_found"],
    async handle({ scope, params }, { connections }) {
      return answer(200, show(await connections.find(scope, params.id)));
    },
  }),

  defineRoute({
    method: "PATCH",
    path: "/connections/:id",
    operation: "updateConnection",
    summary: "Rename a connection, or replace its credential or hosts",
    description:
      "A new credential makes it ready again, and runs that wait for it go on. New hosts need the credential again. " +
      "A credential of another account than before is refused with 409 `other_account` unless `otherAccount` says that it is meant.",
    needs: "write",
    body: z.strictObject({
      name: name.optional(),
      credential: credential.optional(),
      hosts: hosts.optional(),
      otherAccount: z.boolean().optional().meta({ description: "Another account than before is meant." }),
    }),
    responses: { 200: { description: "The connection as it is now.", schema: connection } },
    errors: ["not_found", "conflict"],
    async handle({ scope, params, body }, { connections }) {
      return answer(200, show(await connections.update(scope, params.id, body)));
    },
  }),

  defineRoute({
    method: "DELETE",
    path: "/connections/:id",
    operation: "deleteConnection",
    summary: "Delete a connection",
    description:
      "Refused with 409 while a workflow names it, and with 409 `connection_registered` while the provider cannot be made " +
      "to forget the addresses that triggers have registered through it, which only this connection can do.",
    needs: "write",
    query: z.strictObject({
      leaveRegistered: z
        .enum(["true", "false"], "must be true or false")
        .default("false")
        .meta({ description: "Delete it all the same: the provider goes on calling addresses that nobody answers." }),
    }),
    responses: { 204: { description: "It is deleted." } },
    errors: ["not_found", "conflict"],
    async handle({ scope, params, query }, { connections }) {
      await connections.remove(scope, params.id, { leaveRegistered: query.leaveRegistered === "true" });
      return answer(204);
    },
  }),

  defineRoute({
    method: "GET",
    path: "/connections/:id/health",
    operation: "getConnectionHealth",
    summary: "See how a connection is, and who depends on it",
    needs: "read",
    responses: { 200: { description: "The connection with what happened lately.", schema: health } },
    errors: ["not_found"],
    async handle({ scope, params }, { connections }) {
      const { connection: found, events, usedBy, parked, registered } = await connections.health(scope, params.id);
      return answer(200, {
        connection: show(found),
        events: events.map(({ at, ...event }) => ({ at: showTime(at), ...event })),
        usedBy: usedBy.map((workflow) => ({ id: workflow.id, name: workflow.name })),
        registered: registered.map(({ workflowId, name, problem }) => ({ workflowId, name, problem })),
        parkedRuns: parked.count,
      });
    },
  }),

  defineRoute({
    method: "POST",
    path: "/connections/:id/test",
    operation: "testConnection",
    summary: "Check that a connection's credential can be used",
    needs: "write",
    responses: {
      200: {
        description: "Whether it can.",
        schema: z.object({
          ok: z.boolean(),
          problem: z.string().nullable(),
          asked: z.boolean().meta({ description: "Whether the provider itself was asked." }),
        }),
      },
    },
    errors: ["not_found"],
    async handle({ scope, params }, { connections }) {
      const result = await connections.test(scope, params.id);
      const { ok } = result;
      return answer(200, { ok, problem: ok ? null : result.problem, asked: ok && result.asked });
    },
  }),
];

function show(item: Connection): z.input<typeof connection> {
  const { id, connector, scheme, state, problem } = item;
  return {
    id,
    connector,
    name: item.name,
    scheme,
    hosts: [...item.hosts],
    state,
    problem,
    account: item.account,
    scopes: [...item.scopes],
    expiresAt: showTimeOrNull(item.expiresAt),
    refreshedAt: showTimeOrNull(item.refreshedAt),
    refreshAt: showTimeOrNull(item.refreshAt),
    createdAt: showTime(item.createdAt),
    updatedAt: showTime(item.updatedAt),
    lastUsedAt: showTimeOrNull(item.lastUsedAt),
  };
}
