import type { ApiKey } from "../../domain/api-key-store.ts";
import { defineCommand, JSON_OPTION, TENANT_OPTION, WORKSPACE_OPTION } from "../command.ts";
import { findScope } from "../find-scope.ts";
import { formatTable, formatTime } from "../format-table.ts";
import { readAllPages } from "../read-all-pages.ts";
import { withServices } from "../with-services.ts";

export const apiKeyList = defineCommand({
  arguments: {},
  options: { tenant: TENANT_OPTION, workspace: WORKSPACE_OPTION, json: JSON_OPTION },
  async run(input, context) {
    const { tenant, workspace, json } = input.options;
    const keys = await withServices(context, async ({ backend, apiKeys }) => {
      const scope = await findScope(backend, tenant, workspace);
      return readAllPages((page) => apiKeys.list(scope, page));
    });
    if (json) await context.print(JSON.stringify(keys.map(toJson), null, 2));
    else if (keys.length === 0) await context.tell("There is no API key.");
    else await context.print(formatTable(HEADER, keys.map(toRow)));
    return 0;
  },
});

const HEADER = ["ID", "SCOPES", "EXPIRES (UTC)", "LAST USED (UTC)", "NAME"];

function toRow({ id, scopes, expiresAt, lastUsedAt, name }: ApiKey): string[] {
  return [id, scopes.join(","), formatTime(expiresAt), formatTime(lastUsedAt), name];
}

function toJson({ id, name, scopes, createdAt, expiresAt, lastUsedAt }: ApiKey) {
  const time = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  return { id, name, scopes, createdAt: time(createdAt), expiresAt: time(expiresAt), lastUsedAt: time(lastUsedAt) };
}
