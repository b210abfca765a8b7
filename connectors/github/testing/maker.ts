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

export const maker: MakerPeerOptions = {
  description: "github",
  origins: ["https://api.github.com"],
  added: {
    "/repos/{owner}/{repo}/assignees": list("issues/list-assignees", [{ login: "octocat" }]),
    "/repos/{owner}/{repo}/milestones": list("issues/list-milestones", [{ number: 3, title: "1.2" }]),
  },
};
