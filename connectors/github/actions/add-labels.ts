import { defineAction } from "../../../src/connector-sdk/action.ts";
import { dropLinks } from "../drop-links.ts";
import { issueNumber, labels, repository } from "../fields.ts";
import { repositoryPath } from "../repository-path.ts";

export default defineAction({
  title: "Add labels",
  description: "Adds labels to an issue or pull request and keeps those it has.",
  input: { repository, issueNumber, labels: { ...labels, required: true } },
  // A label that is there already is not added again.
  effect: "upsert",
  outputSample: { labels: [{ id: 208045946, name: "bug", description: "Something isn't working", color: "f29513" }] },

  async run({ api, input }) {
    const path = `${repositoryPath(input.repository)}/issues/${input.issueNumber}/labels`;
    const { body } = await api({ method: "POST", path, json: { labels: input.labels } });
    return { labels: dropLinks(body) };
  },
});
