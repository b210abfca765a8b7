import { defineAction } from "../../../src/connector-sdk/action.ts";
import { branch, direction, issueState, limit, repository } from "../fields.ts";
import { followPages } from "../follow-pages.ts";
import { repositoryPath } from "../repository-path.ts";
import { pullRequestSample } from "../samples.ts";

export default defineAction({
  title: "List pull requests",
  description: "Reads a repository's pull requests.",
  input: {
    repository,
    state: issueState,
    base: { ...branch, title: "Into branch" },
    head: {
      kind: "text",
      title: "From branch",
      description: "With its owner.",
      placeholder: "octo-org:feature",
    },
    sort: {
      kind: "select",
      title: "Sorted by",
      default: "created",
      options: [
        { value: "created", title: "Created" },
        { value: "updated", title: "Changed" },
        { value: "popularity", title: "Number of comments" },
      ],
    },
    direction,
    limit,
  },
  effect: "safe",
  outputSample: { pullRequests: [pullRequestSample], hasMore: false },

  async run({ api, input }) {
    const { state, base, head, sort, direction } = input;
    const path = `${repositoryPath(input.repository)}/pulls`;
    const query = { state, base, head, sort, direction };
    const { items, hasMore } = await followPages(api, { path, query }, input.limit);
    return { pullRequests: items, hasMore };
  },
});
