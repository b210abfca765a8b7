import { defineAction } from "../../../src/connector-sdk/action.ts";
import { assignees, direction, issueState, labels, limit, repository } from "../fields.ts";
import { followPages } from "../follow-pages.ts";
import { repositoryPath } from "../repository-path.ts";
import { issueSample } from "../samples.ts";

export default defineAction({
  title: "List issues",
  description:
    "Reads a repository's issues. GitHub counts pull requests as issues; those carry a `pull_request` member.",
  input: {
    repository,
    state: issueState,
    labels: { ...labels, description: "Only issues that carry all of them." },
    assignee: {
      kind: "select",
      title: "Assigned to",
      choices: assignees.choices,
    },
    since: { kind: "date", title: "Changed since", withTime: true, placeholder: "2026-05-31T09:30:00Z" },
    sort: {
      kind: "select",
      title: "Sorted by",
      default: "created",
      options: [
        { value: "created", title: "Created" },
        { value: "updated", title: "Changed" },
        { value: "comments", title: "Number of comments" },
      ],
    },
    direction,
    limit,
  },
  effect: "safe",
  outputSample: { issues: [issueSample], hasMore: false },

  async run({ api, input }) {
    const { state, labels, assignee, since, sort, direction } = input;
    const query = { state, labels: labels?.join(","), assignee, since, sort, direction };
    const path = `${repositoryPath(input.repository)}/issues`;
    const { items, hasMore } = await followPages(api, { path, query }, input.limit);
    return { issues: items, hasMore };
  },
});
