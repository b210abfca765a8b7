import { defineAction } from "../../../src/connector-sdk/action.ts";
import { dropLinks } from "../drop-links.ts";
import { repository } from "../fields.ts";
import { repositoryPath } from "../repository-path.ts";

export default defineAction({
  title: "Set a commit's status",
  description: "Shows the outcome of a check beside a commit and on its pull requests.",
  input: {
    repository,
    sha: {
      kind: "text",
      title: "Commit",
      placeholder: "6dcb09b5b57875f334f61aebed695e2e4193db5e",
      required: true,
    },
    state: {
      kind: "select",
      title: "Status",
      required: true,
      options: [
        { value: "success", title: "Success" },
        { value: "pending", title: "Pending" },
        { value: "failure", title: "Failure" },
        { value: "error", title: "Error" },
      ],
    },
    context: {
      kind: "text",
      title: "Name of the check",
      description: "A later status of the same name takes the earlier one's place.",
      default: "integrationsync",
    },
    description: { kind: "text", title: "Text", placeholder: "All 214 checks passed" },
    targetUrl: { kind: "text", title: "Link", format: "url", placeholder: "https://ci.example.com/builds/42" },
  },
  // The newest status of a name counts, so saying the same twice changes nothing that anybody sees.
  effect: "upsert",
  outputSample: {
    id: 1,
    state: "success",
    context: "integrationsync",
    description: "All 214 checks passed",
    target_url: "https://ci.example.com/builds/42",
    created_at: "2026-05-31T09:30:00Z",
  },

  async run({ api, input }) {
    const { state, context, description, targetUrl } = input;
    const path = `${repositoryPath(input.repository)}/statuses/${encodeURIComponent(input.sha)}`;
    const json = { state, context, description: description || undefined, target_url: targetUrl };
    return dropLinks((await api({ method: "POST", path, json })).body);
  },
});
