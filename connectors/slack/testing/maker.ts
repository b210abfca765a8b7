import type { OpenAPIV3 } from "openapi-types";
import type { MakerPeerOptions } from "../../../test/connectors/maker/open-maker-peer.ts";

type Schemas = Readonly<Record<string, OpenAPIV3.SchemaObject>>;

/** A method newer than Slack's description of 2021, by https://docs.slack.dev/reference/methods */
function method(
  operationId: string,
  required: string[],
  properties: Schemas,
  example: object,
): OpenAPIV3.PathItemObject {
  const schema: OpenAPIV3.SchemaObject = { type: "object", required, properties, additionalProperties: false };
  return {
    post: {
      operationId,
      requestBody: { required: true, content: { "application/x-www-form-urlencoded": { schema } } },
      responses: { "200": { description: "OK", content: { "application/json": { example } } } },
    },
  };
}

const upload: OpenAPIV3.PathItemObject = {
  post: {
    operationId: "upload",
    // Whoever has the address may upload.
    security: [],
    requestBody: { required: true, content: { "application/octet-stream": {} } },
    responses: { "200": { description: "OK", content: { "text/plain": { example: "OK - 5" } } } },
  },
};

/**
 * The description's is from before token rotation (https://docs.slack.dev/authentication/using-token-rotation) and wants
 * id and secret in the query; Slack asks for HTTP Basic now: https://docs.slack.dev/reference/methods/oauth.v2.access
 */
const token: OpenAPIV3.PathItemObject = {
  post: {
    operationId: "oauth_v2_access",
    requestBody: {
      required: true,
      content: {
        "application/x-www-form-urlencoded": {
          schema: {
            type: "object",
            required: ["grant_type"],
            additionalProperties: false,
            properties: Object.fromEntries(
              ["code", "redirect_uri", "grant_type", "refresh_token"].map((name) => [name, { type: "string" }]),
            ),
          },
        },
      },
    },
    responses: { "200": { description: "OK" } },
  },
};

const text: OpenAPIV3.SchemaObject = { type: "string" };

export const maker: MakerPeerOptions = {
  description: "slack",
  origins: ["https://slack.com", "https://files.slack.com"],
  added: {
    "/oauth.v2.access": token,
    "/files.getUploadURLExternal": method(
      "files_getUploadURLExternal",
      ["filename", "length"],
      { filename: { type: "string", minLength: 1 }, length: { type: "integer" }, alt_txt: text, snippet_type: text },
      { ok: true, upload_url: "https://files.slack.com/upload/v1/ABC123", file_id: "F123ABC456" },
    ),
    "/files.completeUploadExternal": method(
      "files_completeUploadExternal",
      ["files"],
      {
        files: { type: "string", minLength: 1 },
        channel_id: text,
        channels: text,
        initial_comment: text,
        thread_ts: text,
        blocks: text,
      },
      { ok: true, files: [{ id: "F123ABC456", title: "report.txt" }] },
    ),
    "/upload/v1/{place}": {
      ...upload,
      parameters: [{ name: "place", in: "path", required: true, schema: text }],
    },
  },
};
