import { defineAction } from "../../../src/connector-sdk/action.ts";
import { dropLinks } from "../drop-links.ts";
import { issueNumber, repository } from "../fields.ts";
import { repositoryPath } from "../repository-path.ts";
import { issueSample } from "../samples.ts";

export default defineAction({
  title: "Get an issue",
  description: "Reads an issue, or a pull request as an issue, by its number.",
  input: { repository, issueNumber },
  effect: "safe",
  outputSample: issueSample,

  async run({ api, input }) {
    const path = `${repositoryPath(input.repository)}/issues/${input.issueNumber}`;
    return dropLinks((await api({ path, followRedirects: true })).body);
  },
});
