import type { OpenAPIV3 } from "openapi-types";
import type { JsonObject } from "../../../src/connector-sdk/json.ts";
import type { MakerCall } from "./open-maker-peer.ts";

/* What a maker's OAuth endpoints have in common, for those that it does not describe itself. */

const text = { type: "string" } as const;

/** A query parameter that must be there. */
export function query(name: string, schema: OpenAPIV3.SchemaObject = text): OpenAPIV3.ParameterObject {
  return { name, in: "query", required: true, schema };
}

export const CLIENT_FIELDS = ["client_id", "client_secret"];

/** An endpoint that takes a form with these fields and no others; the client proves itself by HTTP Basic or in it. */
export function form(operationId: string, required: string[], more: string[]): OpenAPIV3.PathItemObject {
  const properties = Object.fromEntries([...required, ...more].map((name) => [name, text]));
  const schema: OpenAPIV3.SchemaObject = { type: "object", required, properties, additionalProperties: false };
  return {
    post: {
      operationId,
      security: [],
      requestBody: { required: true, content: { "application/x-www-form-urlencoded": { schema } } },
      responses: { "200": { description: "OK" } },
    },
  };
}

/** What a person who consents is sent back with. */
export function comeBack({ query }: MakerCall, values: Readonly<Record<string, string>>): Response {
  const back = new URL(String(query.redirect_uri));
  back.searchParams.set("state", String(query.state));
  for (const [name, value] of Object.entries(values)) back.searchParams.set(name, value);
  return new Response(null, { status: 302, headers: { location: back.href } });
}

export function isFrom(
  client: { readonly id: string; readonly secret: string },
  { body, headers }: MakerCall,
): boolean {
  const { client_id, client_secret } = body as JsonObject;
  const basic = `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString("base64")}`;
  return headers.authorization === basic || (client_id === client.id && client_secret === client.secret);
}
