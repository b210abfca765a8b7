import { type Place, succeed } from "./run-cli.ts";

export const CANARY = "canary-credential-5d1c";

/** What a connection is made of. */
export const credential = {
  connector: "http",
  name: "CRM",
  scheme: "bearer",
  credential: { token: CANARY },
  hosts: ["api.example.com"],
};

/** Makes the tenant and gives an API key of its. */
export async function keyedTenant(place: Place, slug: string, env = {}): Promise<string> {
  await succeed(place, ["tenant", "create", slug], env);
  return succeed(place, ["api-key", "create", "--tenant", slug, "--name", "t"], env);
}

export function callApi(url: string, key: string) {
  return async (method: string, path: string, body?: object) => {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const response = await fetch(`${url}/api/v1${path}`, init);
    return (await response.json()) as { id: string; ok: boolean };
  };
}
