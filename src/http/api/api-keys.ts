import { z } from "zod";
import type { ApiKey } from "../../domain/api-key-store.ts";
import { API_KEY_SCOPES } from "../../domain/permission.ts";
import { pageOf, pageQuery, showPage, toPageRequest } from "./page.ts";
import { answer, defineRoute } from "./route.ts";
import { showTime, showTimeOrNull, time } from "./values.ts";

const apiKey = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(z.string()).meta({ description: `Of: ${API_KEY_SCOPES.join(", ")}.` }),
    createdAt: time,
    expiresAt: time.nullable(),
    lastUsedAt: time.nullable().meta({ description: "To the minute." }),
  })
  .meta({ id: "ApiKey" });

const newApiKey = apiKey
  .extend({ key: z.string().meta({ description: "The key itself. It is shown here and never again." }) })
  .meta({ id: "NewApiKey" });

export const apiKeyRoutes = [
  defineRoute({
    method: "GET",
    path: "/api-keys",
    operation: "listApiKeys",
    summary: "List the API keys of the workspace",
    needs: "read",
    query: pageQuery,
    responses: { 200: { description: "The keys, newest first, without their secrets.", schema: pageOf(apiKey) } },
    errors: [],
    async handle({ scope, query }, { apiKeys }) {
      return answer(200, showPage(await apiKeys.list(scope, toPageRequest(query)), show));
    },
  }),

  defineRoute({
    method: "POST",
    path: "/api-keys",
    operation: "createApiKey",
    summary: "Make an API key for the workspace",
    needs: "write",
    body: z.strictObject({
      name: z.string().max(200),
      scopes: z
        .array(z.enum(API_KEY_SCOPES, `must be one of: ${API_KEY_SCOPES.join(", ")}`))
        .optional()
        .meta({ description: "At most those of the key that asks, which are meant when they are left out." }),
      expiresAt: z.iso
        .datetime({ offset: true, message: "must be an RFC 3339 instant such as 2030-01-01T00:00:00Z" })
        .nullable()
        .optional()
        .meta({ description: "Null or left out: it does not expire." }),
    }),
    responses: { 201: { description: "The new key.", schema: newApiKey } },
    errors: [],
    async handle({ scope, scopes: own, body }, { apiKeys }) {
      const { name, scopes = own, expiresAt } = body;
      const { key, text } = await apiKeys.create(scope, {
        name,
        scopes,
        expiresAt: expiresAt == null ? null : Date.parse(expiresAt),
      });
      return answer(201, { ...show(key), key: text });
    },
  }),

  defineRoute({
    method: "DELETE",
    path: "/api-keys/:id",
    operation: "deleteApiKey",
    summary: "Delete an API key",
    description: "It is refused from then on.",
    needs: "write",
    responses: { 204: { description: "It is deleted." } },
    errors: ["not_found"],
    async handle({ scope, params }, { apiKeys }) {
      await apiKeys.remove(scope, params.id);
      return answer(204);
    },
  }),
];

function show({ id, name, scopes, createdAt, expiresAt, lastUsedAt }: ApiKey): z.input<typeof apiKey> {
  return {
    id,
    name,
    scopes: [...scopes],
    createdAt: showTime(createdAt),
    expiresAt: showTimeOrNull(expiresAt),
    lastUsedAt: showTimeOrNull(lastUsedAt),
  };
}
