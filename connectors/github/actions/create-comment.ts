import { defineAction } from "../../../src/connector-sdk/action.ts";
import { dropLinks } from "../drop-links.ts";
import { issueNumber, repository } from "../fields.ts";
import { repositoryPath } from "../repository-path.ts";
import { userSample } from "../samples.ts";

export default defineAction({
  title: "Comment on an issue or pull request",
  description: "Adds a comment to the conversation.",
  input: {
    repository,
    issueNumber,
    body: {
      kind: "text",
      title: "Text",
      description: "Markdown; @names notify people.",
      placeholder: "Thanks, we are looking into it.",
      multiline: true,
      required: true,
    },
  },
  rateLimitMethod: "content",
  effect: "unsafe",
  outputSample: {
    id: 1,
    html_url: "https://github.com/octo-org/octo-repo/issues/1347#issuecomment-1",
    body: "Thanks, we are looking into it.",
    user: userSample,
    created_at: "2026-05-31T09:30:00Z",
    updated_at: "2026-05-31T09:30:00Z",
  },

  async run({ api, input }) {
    const path = `${repositoryPath(input.repository)}/issues/${input.issueNumber}/comments`;
    return dropLinks((await api({ method: "POST", path, json: { body: input.body } })).body);
  },
});
