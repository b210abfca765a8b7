import { releaseSample } from "../samples.ts";
import { isChosenAction, repositoryTrigger } from "./repository-trigger.ts";
import { senderSample } from "./samples.ts";

export default repositoryTrigger({
  title: "Release published or changed",
  description: "Runs for what happens to a repository's releases.",
  input: {
    actions: {
      kind: "multi_select",
      title: "When it was",
      default: ["published"],
      options: [
        { value: "published", title: "Published, as a pre-release too" },
        { value: "released", title: "Published, not as a pre-release" },
        { value: "created", title: "Drafted" },
        { value: "edited", title: "Edited" },
        { value: "deleted", title: "Deleted" },
      ],
    },
  },
  events: () => ["release"],
  wants: isChosenAction,
  bodySample: { event: "release", action: "published", release: releaseSample, ...senderSample },
});
