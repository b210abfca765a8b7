import type { Api } from "../../src/connector-sdk/call-context.ts";
import { isJsonObject, type Json, type JsonObject } from "../../src/connector-sdk/json.ts";
import { repositoryPath } from "./repository-path.ts";

/* A repository's webhooks. GitHub allows 20 for an event, so one page holds them. */

interface HookOrder {
  readonly repository: string;
  readonly url: string;
  readonly secret: string;
  readonly events: readonly string[];
}

/** Makes `url` receive exactly these events; whatever stands for it from before is replaced. Returns the hook's id. */
export async function createHook(api: Api, { repository, url, secret, events }: HookOrder): Promise<number> {
  // An earlier life of this workflow may have died before the id was stored, and may have wanted other events.
  await deleteHooksFor(api, repository, url);
  const config = { url, secret, content_type: "json", insecure_ssl: "0" };
  const json = { name: "web", active: true, events, config };
  const { body } = await api({ method: "POST", path: hooksPath(repository), json });
  return Number((body as JsonObject).id);
}

/** One that is gone already counts as deleted. */
export async function deleteHook(api: Api, repository: string, id: number): Promise<void> {
  await api({ method: "DELETE", path: `${hooksPath(repository)}/${id}`, expect: [404] });
}

export async function deleteHooksFor(api: Api, repository: string, url: string): Promise<void> {
  const { body, status } = await api({ path: hooksPath(repository), query: { per_page: 100 }, expect: [404] });
  // The repository is gone, and its hooks with it.
  if (status === 404) return;
  for (const hook of body as readonly Json[]) {
    if (isJsonObject(hook) && isJsonObject(hook.config) && hook.config.url === url)
      await deleteHook(api, repository, Number(hook.id));
  }
}

function hooksPath(repository: string): string {
  return `${repositoryPath(repository)}/hooks`;
}
