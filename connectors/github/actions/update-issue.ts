import { defineAction } from "../../../src/connector-sdk/action.ts";
import { dropLinks } from "../drop-links.ts";
import { assignees, issueNumber, labels, milestone, repository } from "../fields.ts";
import { repositoryPath } from "../repository-path.ts";
import { issueSample } from "../samples.ts";

export default defineAction({
  title: "Update an issue",
  description: "Changes an issue or a pull request, closes or reopens it. What is left empty stays as it is.",
  input: {
    repository,
    issueNumber,
    title: { kind: "text", title: "Title" },
    body: { kind: "text", title: "Text", description: "Markdown. Replaces the text there is.", multiline: true },
    state: {
      kind: "select",
      title: "State",
      options: [
        { value: "open", title: "Open" },
        { value: "closed", title: "Closed" },
      ],
    },
    stateReason: {
      kind: "select",
      title: "Closed as",
      default: "completed",
      options: [
        { value: "completed", title: "Completed" },
        { value: "not_planned", title: "Not planned" },
      ],
      showWhen: { field: "state", in: ["closed"] },
    },
    labels: { ...labels, description: "Replace all labels there are. To add some, use Add labels." },
    assignees: { ...assignees, description: "Replace all assignees there are." },
    milestone,
  },
  // Every member is set to a value, so the second call finds nothing left to change.
  effect: "upsert",
  outputSample: issueSample,

  async run({ api, input }) {
    const { title, body, state, stateReason, labels, assignees, milestone } = input;
    const { body: issue } = await api({
      method: "PATCH",
      path: `${repositoryPath(input.repository)}/issues/${input.issueNumber}`,
      json: {
        // An empty text is what an empty form sends, and GitHub would refuse it as a title.
        title: title || undefined,
        body,
        state,
        state_reason: stateReason,
        labels,
        assignees,
        milestone: milestone === undefined ? undefined : Number(milestone),
      },
    });
    return dropLinks(issue);
  },
});
