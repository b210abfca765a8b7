import { defineAction } from "../../../src/connector-sdk/action.ts";
import { dropLinks } from "../drop-links.ts";
import { assignees, labels, milestone, repository } from "../fields.ts";
import { repositoryPath } from "../repository-path.ts";
import { issueSample } from "../samples.ts";

export default defineAction({
  title: "Create an issue",
  description: "Opens an issue in a repository.",
  input: {
    repository,
    title: { kind: "text", title: "Title", required: true, placeholder: "Checkout fails with a 500" },
    body: { kind: "text", title: "Text", description: "Markdown; @names notify people.", multiline: true },
    labels,
    assignees,
    milestone,
  },
  // GitHub takes no idempotency key, and a second call is a second issue.
  rateLimitMethod: "content",
  effect: "unsafe",
  outputSample: issueSample,

  async run({ api, input }) {
    const { title, body, labels, assignees, milestone } = input;
    const { body: issue } = await api({
      method: "POST",
      path: `${repositoryPath(input.repository)}/issues`,
      json: { title, body, labels, assignees, milestone: milestone === undefined ? undefined : Number(milestone) },
    });
    return dropLinks(issue);
  },
});
