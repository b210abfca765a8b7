import type { ClientAuth } from "../../connector-sdk/auth-scheme.ts";
import { readRetryAfterMs } from "../../connector-sdk/retry-after.ts";
import type { Json } from "../../domain/json.ts";
import type { ProviderAccess } from "./provider-access.ts";

export interface FormAnswer {
  readonly status: number;
  /** Null when it is no JSON. */
  readonly json: Json;
  readonly retryAfterMs: number | null;
  /** By its `Date` header; ours without one. */
  readonly providerNow: number;
}

/**
 * A request to an OAuth endpoint that Arctic cannot make: it proves the client by HTTP Basic only, and knows neither
 * client credentials nor introspection.
 */
export async function postForm(
  url: string,
  form: Readonly<Record<string, string>>,
  clientAuth: ClientAuth,
  { app, fetch, clock }: ProviderAccess,
): Promise<FormAnswer> {
  const isBasic = clientAuth === "basic" && app.secret !== null;
  const inBody = isBasic ? {} : { client_id: app.id, ...(app.secret !== null && { client_secret: app.secret }) };
  const basic = `Basic ${Buffer.from(`${app.id}:${app.secret}`).toString("base64")}`;
  const response = await fetch(url, {
    method: "POST",
    redirect: "error",
    headers: {
      "Content-Type": "application/x-www-form-urlencoded",
      Accept: "application/json",
      ...(isBasic && { Authorization: basic }),
    },
    body: new URLSearchParams({ ...form, ...inBody }).toString(),
  });
  const headers = Object.fromEntries(response.headers);
  const date = Date.parse(headers.date ?? "");
  return {
    status: response.status,
    json: (await response.json().catch(() => null)) as Json,
    retryAfterMs: readRetryAfterMs(headers, clock.now()),
    providerNow: Number.isNaN(date) ? clock.now() : date,
  };
}
