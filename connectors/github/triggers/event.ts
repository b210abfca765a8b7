import { issueSample } from "../samples.ts";
import { repositoryTrigger } from "./repository-trigger.ts";
import { senderSample } from "./samples.ts";

/** Those that GitHub offers to a repository's webhooks and that people use; names as in its documentation. */
const EVENTS = [
  "branch_protection_rule",
  "check_run",
  "check_suite",
  "code_scanning_alert",
  "commit_comment",
  "create",
  "delete",
  "dependabot_alert",
  "deployment",
  "deployment_status",
  "discussion",
  "discussion_comment",
  "fork",
  "issue_comment",
  "issues",
  "label",
  "member",
  "milestone",
  "package",
  "page_build",
  "pull_request",
  "pull_request_review",
  "pull_request_review_comment",
  "push",
  "release",
  "repository",
  "secret_scanning_alert",
  "star",
  "status",
  "watch",
  "workflow_job",
  "workflow_run",
] as const;

export default repositoryTrigger({
  title: "Any event in a repository",
  description: "Runs for the webhook events that you choose; `event` and `action` say which one it was.",
  input: {
    events: {
      kind: "multi_select",
      title: "Events",
      required: true,
      options: EVENTS.map((value) => ({ value, title: value })),
    },
  },
  events: ({ events }) => (Array.isArray(events) ? events.map(String) : []),
  wants: () => true,
  bodySample: { event: "issues", action: "opened", issue: issueSample, ...senderSample },
});
