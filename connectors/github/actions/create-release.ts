import { defineAction } from "../../../src/connector-sdk/action.ts";
import { dropLinks } from "../drop-links.ts";
import { branch, repository } from "../fields.ts";
import { repositoryPath } from "../repository-path.ts";
import { releaseSample } from "../samples.ts";

export default defineAction({
  title: "Create a release",
  description: "Publishes a release, and makes its tag where there is none.",
  input: {
    repository,
    tag: { kind: "text", title: "Tag", required: true, placeholder: "v1.2.0" },
    target: {
      ...branch,
      title: "Branch or commit for a new tag",
      description: "If empty, the default branch. Not used where the tag exists.",
    },
    name: { kind: "text", title: "Title", placeholder: "1.2.0" },
    body: { kind: "text", title: "Text", description: "Markdown.", multiline: true },
    generateNotes: { kind: "boolean", title: "Add generated notes", default: false },
    draft: { kind: "boolean", title: "Draft", default: false },
    prerelease: { kind: "boolean", title: "Pre-release", default: false },
  },
  // Drafts may share a tag, and of a published one the second call fails.
  rateLimitMethod: "content",
  effect: "unsafe",
  outputSample: releaseSample,

  async run({ api, input }) {
    const { tag, target, name, body, generateNotes, draft, prerelease } = input;
    const json = {
      tag_name: tag,
      target_commitish: target || undefined,
      name: name || undefined,
      body,
      generate_release_notes: generateNotes,
      draft,
      prerelease,
    };
    const answer = await api({ method: "POST", path: `${repositoryPath(input.repository)}/releases`, json });
    return dropLinks(answer.body);
  },
});
