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
    problem: z.string().nullable().meta({ description: "Why it is not ready." }),
    createdAt: time,
    updatedAt: time,
    lastUsedAt: time.nullable(),
  })
  .meta({ id: "Connection" });

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
    errors: [],
    async handle({ scope, body }, { connections }) {
      const created = await connections.create(scope, { ...body, hosts: body.hosts ?? null });
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
      "A new credential makes it ready again, and runs that wait for it go on. New hosts need the credential again.",
    needs: "write",
    body: z.strictObject({ name: name.optional(), credential: credential.optional(), hosts: hosts.optional() }),
    responses: { 200: { description: "The connection as it is now.", schema: connection } },
    errors: ["not_found"],
    async handle({ scope, params, body }, { connections }) {
      return answer(200, show(await connections.update(scope, params.id, body)));
    },
  }),

  defineRoute({
    method: "DELETE",
    path: "/connections/:id",
    operation: "deleteConnection",
    summary: "Delete a connection",
    description: "Refused with 409 while a workflow names it.",
    needs: "write",
    responses: { 204: { description: "It is deleted." } },
    errors: ["not_found", "conflict"],
    async handle({ scope, params }, { connections }) {
      await connections.remove(scope, params.id);
      return answer(204);
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
        schema: z.object({ ok: z.boolean(), problem: z.string().nullable() }),
      },
    },
    errors: ["not_found"],
    async handle({ scope, params }, { connections }) {
      const result = await connections.test(scope, params.id);
      return answer(200, { ok: result.ok, problem: result.ok ? null : result.problem });
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
    createdAt: showTime(item.createdAt),
    updatedAt: showTime(item.updatedAt),
    lastUsedAt: showTimeOrNull(item.lastUsedAt),
  };
}
