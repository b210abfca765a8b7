import { isJsonObject, type Json, type JsonObject } from "../../../src/connector-sdk/json.ts";
import { branch } from "../fields.ts";
import { pullRequestSample } from "../samples.ts";
import { isChosenAction, repositoryTrigger } from "./repository-trigger.ts";
import { senderSample } from "./samples.ts";

export default repositoryTrigger({
  title: "Pull request opened or changed",
  description: "Runs for what happens to a repository's pull requests.",
  input: {
    actions: {
      kind: "multi_select",
      title: "When it was",
      default: ["opened"],
      options: [
        { value: "opened", title: "Opened" },
        { value: "synchronize", title: "Given new commits" },
        { value: "ready_for_review", title: "Marked ready for review" },
        { value: "review_requested", title: "Sent for review" },
        { value: "closed", title: "Closed or merged" },
        { value: "reopened", title: "Reopened" },
        { value: "edited", title: "Edited" },
        { value: "labeled", title: "Labelled" },
        { value: "unlabeled", title: "Unlabelled" },
        { value: "assigned", title: "Assigned" },
      ],
    },
    base: { ...branch, title: "Only into branch" },
    onlyMerged: {
      kind: "boolean",
      title: "Of those closed, only merged ones",
      default: false,
    },
  },
  events: () => ["pull_request"],
  wants: (payload, input) => isChosenAction(payload, input) && wantsPull(payload.action, payload.pull_request, input),
  bodySample: {
    event: "pull_request",
    action: "opened",
    number: 1348,
    pull_request: { ...pullRequestSample, merged: false, additions: 12, deletions: 3, changed_files: 2 },
    ...senderSample,
  },
});

function wantsPull(action: Json | undefined, pull: Json | undefined, { base, onlyMerged }: JsonObject): boolean {
  if (!isJsonObject(pull)) return false;
  if (onlyMerged === true && action === "closed" && pull.merged !== true) return false;
  return !base || (isJsonObject(pull.base) && pull.base.ref === base);
}
