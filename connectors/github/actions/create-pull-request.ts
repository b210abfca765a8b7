import { defineAction } from "../../../src/connector-sdk/action.ts";
import type { Api } from "../../../src/connector-sdk/call-context.ts";
import type { Json } from "../../../src/connector-sdk/json.ts";
import { dropLinks } from "../drop-links.ts";
import { branch, repository } from "../fields.ts";
import { readFailure } from "../read-failure.ts";
import { repositoryPath } from "../repository-path.ts";
import { pullRequestSample } from "../samples.ts";

export default defineAction({
  title: "Create a pull request",
  description: "Proposes to merge one branch into another.",
  input: {
    repository,
    title: { kind: "text", title: "Title", required: true, placeholder: "Fix the checkout" },
    head: {
      ...branch,
      title: "From branch",
      description: "The branch with the changes; `owner:branch` for one in a fork.",
      required: true,
    },
    base: { ...branch, title: "Into branch", required: true },
    body: { kind: "text", title: "Text", description: "Markdown.", multiline: true },
    draft: { kind: "boolean", title: "Draft", default: false },
    maintainersCanModify: { kind: "boolean", title: "Maintainers may change the branch", default: true },
    ifOpen: {
      kind: "select",
      title: "If one is open for these branches",
      default: "fail",
      options: [
        { value: "fail", title: "Fail" },
        { value: "take", title: "Take that one" },
      ],
    },
  },
  // GitHub allows one open pull request for two branches, so a repeated call can only find the first one.
  rateLimitMethod: "content",
  effect: ({ ifOpen }) => (ifOpen === "take" ? "upsert" : "unsafe"),
  outputSample: pullRequestSample,

  async run({ api, input, now }) {
    const path = `${repositoryPath(input.repository)}/pulls`;
    const { title, head, base, body, draft } = input;
    const json = { title, head, base, body, draft, maintainer_can_modify: input.maintainersCanModify };
    const answer = await api({ method: "POST", path, json, expect: [422] });
    if (answer.status !== 422) return dropLinks(answer.body);
    const open = input.ifOpen === "take" ? await findOpen(api, path, input.repository, head, base) : undefined;
    if (open === undefined) throw readFailure(answer.raw, now());
    return dropLinks(open);
  },
});

async function findOpen(api: Api, path: string, repository: string, head: string, base: string) {
  const owner = repository.split("/", 1)[0];
  const query = { state: "open", head: head.includes(":") ? head : `${owner}:${head}`, base };
  const { body } = await api({ path, query });
  return (body as readonly Json[])[0];
}
