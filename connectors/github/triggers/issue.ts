import { issueSample } from "../samples.ts";
import { isChosenAction, repositoryTrigger } from "./repository-trigger.ts";
import { senderSample } from "./samples.ts";

export default repositoryTrigger({
  title: "Issue opened or changed",
  description: "Runs for what happens to a repository's issues.",
  input: {
    actions: {
      kind: "multi_select",
      title: "When it was",
      default: ["opened"],
      options: [
        { value: "opened", title: "Opened" },
        { value: "edited", title: "Edited" },
        { value: "closed", title: "Closed" },
        { value: "reopened", title: "Reopened" },
        { value: "assigned", title: "Assigned" },
        { value: "unassigned", title: "Unassigned" },
        { value: "labeled", title: "Labelled" },
        { value: "unlabeled", title: "Unlabelled" },
        { value: "deleted", title: "Deleted" },
        { value: "transferred", title: "Transferred" },
      ],
    },
  },
  events: () => ["issues"],
  wants: isChosenAction,
  bodySample: { event: "issues", action: "opened", issue: issueSample, ...senderSample },
});
