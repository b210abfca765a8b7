import type { OpenAPIV3 } from "openapi-types";
import type { MakerPeerOptions } from "../../../test/connectors/maker/open-maker-peer.ts";

const repositoryParameters = ["owner", "repo"].map((name) => ({
  name,
  in: "path",
  required: true,
  schema: { type: "string" as const },
}));
const pagingParameters = ["per_page", "page"].map((name) => ({
  name,
  in: "query",
  schema: { type: "integer" as const },
}));

/** A list that GitHub has, and the trimmed description has not: https://docs.github.com/en/rest */
function list(operationId: string, items: readonly object[]) {
  const parameters = [...repositoryParameters, ...pagingParameters];
  const content = { "application/json": { example: items } };
  return { get: { operationId, parameters, responses: { "200": { description: "OK", content } } } };
}

const revocation: OpenAPIV3.SchemaObject = {
  type: "object",
  required: ["access_token"],
  additionalProperties: false,
  properties: { access_token: { type: "string" } },
};

/**
 * https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app; id and secret come by HTTP
 * Basic, which GitHub takes as well: the class that Arctic has for it knows no other way.
 */
const tokenRequest: OpenAPIV3.SchemaObject = {
  type: "object",
  required: ["grant_type"],
  additionalProperties: false,
  properties: Object.fromEntries(
    ["code", "redirect_uri", "code_verifier", "grant_type", "refresh_token"].map((name) => [name, { type: "string" }]),
  ),
};

export const maker: MakerPeerOptions = {
  description: "github",
  origins: ["https://api.github.com", "https://github.com"],
  added: {
    "/applications/{client_id}/token": {
      delete: {
        operationId: "apps/delete-token",
        parameters: [{ name: "client_id", in: "path", required: true, schema: { type: "string" } }],
        requestBody: { required: true, content: { "application/json": { schema: revocation } } },
        responses: { "204": { description: "Gone" } },
      },
    },
    "/login/oauth/access_token": {
      post: {
        operationId: "access_token",
        requestBody: { required: true, content: { "application/x-www-form-urlencoded": { schema: tokenRequest } } },
        responses: { "200": { description: "OK" } },
      },
    },
    // https://docs.github.com/en/rest/apps/installations
    "/installation/repositories": {
      get: {
        operationId: "apps/list-repos-accessible-to-installation",
        parameters: pagingParameters,
        responses: {
          "200": {
            description: "OK",
            content: {
              "application/json": {
                example: { total_count: 1, repositories: [{ id: 1, full_name: "octo-org/octo-repo" }] },
              },
            },
          },
        },
      },
    },
    "/installation/token": {
      delete: {
        operationId: "apps/revoke-installation-access-token",
        responses: { "204": { description: "Gone" } },
      },
    },
    "/repos/{owner}/{repo}/assignees": list("issues/list-assignees", [{ login: "octocat" }]),
    "/repos/{owner}/{repo}/milestones": list("issues/list-milestones", [{ number: 3, title: "1.2" }]),
  },
};
