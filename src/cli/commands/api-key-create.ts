import { parseDuration } from "../../domain/duration.ts";
import { API_KEY_SCOPES, type ApiKeyScope } from "../../domain/permission.ts";
import { defineCommand, JSON_OPTION, TENANT_OPTION, WORKSPACE_OPTION } from "../command.ts";
import { findScope } from "../find-scope.ts";
import { UsageError } from "../usage-error.ts";
import { withServices } from "../with-services.ts";

export const apiKeyCreate = defineCommand({
  details: "Prints the key and nothing else on standard output. It is stored hashed and cannot be shown again.",
  arguments: {},
  options: {
    tenant: TENANT_OPTION,
    workspace: WORKSPACE_OPTION,
    name: { value: "name", required: true, description: "What the key is for, to recognise it later." },
    scopes: { value: "list", default: API_KEY_SCOPES.join(","), description: "What it may do: read, or read,write." },
    expires: {
      value: "duration",
      description: "Until when, from now, as an ISO 8601 duration: P90D. Never otherwise.",
    },
    json: JSON_OPTION,
  },
  async run(input, context) {
    const { tenant, workspace, name, scopes, expires, json } = input.options;
    const wanted = { name, scopes: readScopes(scopes) };
    const lastsMs = expires === undefined ? null : readExpiry(expires);
    const { key, text } = await withServices(context, async ({ backend, apiKeys }) => {
      const expiresAt = lastsMs === null ? null : backend.now() + lastsMs;
      return apiKeys.create(await findScope(backend, tenant, workspace), { ...wanted, expiresAt });
    });
    const expiresAt = key.expiresAt === null ? null : new Date(key.expiresAt).toISOString();
    await context.print(json ? JSON.stringify({ id: key.id, key: text, scopes: key.scopes, expiresAt }) : text);
    return 0;
  },
});

function readScopes(text: string): ApiKeyScope[] {
  return text.split(",").map((part) => {
    const scope = API_KEY_SCOPES.find((known) => known === part.trim());
    if (!scope) throw new UsageError(`--scopes has "${part.trim()}"; give read, or read,write.`);
    return scope;
  });
}

function readExpiry(text: string): number {
  const durationMs = parseDuration(text);
  if (durationMs === null || durationMs === 0)
    throw new UsageError(`--expires is "${text}"; give an ISO 8601 duration, such as P90D or PT12H.`);
  return durationMs;
}
