import { defineAction } from "../../../src/connector-sdk/action.ts";
import type { Json } from "../../../src/connector-sdk/json.ts";
import { repository } from "../fields.ts";
import { readFailure } from "../read-failure.ts";
import { repositoryPath } from "../repository-path.ts";

export default defineAction({
  title: "Merge a pull request",
  description: "Merges an open pull request. One that is merged already counts as done.",
  input: {
    repository,
    pullNumber: { kind: "number", title: "Number", integer: true, min: 1, required: true, placeholder: "1347" },
    method: {
      kind: "select",
      title: "How",
      default: "merge",
      options: [
        { value: "merge", title: "Merge commit" },
        { value: "squash", title: "Squash into one commit" },
        { value: "rebase", title: "Rebase" },
      ],
    },
    commitTitle: { kind: "text", title: "Commit title" },
    commitMessage: { kind: "text", title: "Commit message", multiline: true },
    sha: {
      kind: "text",
      title: "Only if its head is",
      description: "The commit that was reviewed; with a newer one nothing is merged.",
      placeholder: "6dcb09b5b57875f334f61aebed695e2e4193db5e",
    },
  },
  // A second call finds it merged.
  effect: "upsert",
  outputSample: {
    merged: true,
    sha: "6dcb09b5b57875f334f61aebed695e2e4193db5e",
    message: "Pull Request successfully merged",
  },

  async run({ api, input, now }) {
    const path = `${repositoryPath(input.repository)}/pulls/${input.pullNumber}`;
    const json = {
      merge_method: input.method,
      commit_title: input.commitTitle || undefined,
      commit_message: input.commitMessage || undefined,
      sha: input.sha || undefined,
    };
    // 405: cannot be merged, among other reasons because it is; 409: the head has moved.
    const answer = await api({ method: "PUT", path: `${path}/merge`, json, expect: [405, 409] });
    if (answer.status < 300) return answer.body;
    const pull = (await api({ path })).body as { readonly [name: string]: Json };
    if (pull.merged !== true) throw readFailure(answer.raw, now());
    return { merged: true, sha: pull.merge_commit_sha ?? null, message: "It was merged already" };
  },
});
