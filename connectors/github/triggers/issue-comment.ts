import { isJsonObject, type Json } from "../../../src/connector-sdk/json.ts";
import { issueSample, userSample } from "../samples.ts";
import { isChosenAction, repositoryTrigger } from "./repository-trigger.ts";
import { senderSample } from "./samples.ts";

export default repositoryTrigger({
  title: "Comment on an issue or pull request",
  description:
    "Runs for comments in the conversation of an issue or pull request; the latter has `issue.pull_request`.",
  input: {
    actions: {
      kind: "multi_select",
      title: "When it was",
      default: ["created"],
      options: [
        { value: "created", title: "Written" },
        { value: "edited", title: "Edited" },
        { value: "deleted", title: "Deleted" },
      ],
    },
    contains: {
      kind: "text",
      title: "Only if it contains",
      description: "Upper and lower case count as the same.",
      placeholder: "/deploy",
    },
  },
  events: () => ["issue_comment"],
  wants: (payload, input) => isChosenAction(payload, input) && contains(payload.comment, input.contains),
  bodySample: {
    event: "issue_comment",
    action: "created",
    issue: issueSample,
    comment: {
      id: 1,
      html_url: "https://github.com/octo-org/octo-repo/issues/1347#issuecomment-1",
      body: "/deploy to staging",
      user: userSample,
      author_association: "MEMBER",
      created_at: "2026-05-31T09:30:00Z",
      updated_at: "2026-05-31T09:30:00Z",
    },
    ...senderSample,
  },
});

function contains(comment: Json | undefined, wanted: Json | undefined): boolean {
  if (typeof wanted !== "string" || wanted === "") return true;
  const text = isJsonObject(comment) && typeof comment.body === "string" ? comment.body : "";
  return text.toLowerCase().includes(wanted.toLowerCase());
}
