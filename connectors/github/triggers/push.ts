import { branch } from "../fields.ts";
import { repositoryTrigger } from "./repository-trigger.ts";
import { senderSample } from "./samples.ts";

export default repositoryTrigger({
  title: "Commits pushed",
  description: "Runs when commits or tags are pushed.",
  input: { branch: { ...branch, title: "Only to branch", description: "If empty, any branch and any tag." } },
  events: () => ["push"],
  wants: ({ ref }, { branch }) => !branch || ref === `refs/heads/${branch}`,
  bodySample: {
    event: "push",
    ref: "refs/heads/main",
    before: "6113728f27ae82c7b1a177c8d03f9e96e0adf246",
    after: "6dcb09b5b57875f334f61aebed695e2e4193db5e",
    created: false,
    deleted: false,
    forced: false,
    compare: "https://github.com/octo-org/octo-repo/compare/6113728f27ae...6dcb09b5b578",
    pusher: { name: "octocat", email: "octocat@github.com" },
    head_commit: {
      id: "6dcb09b5b57875f334f61aebed695e2e4193db5e",
      message: "Fix the checkout",
      timestamp: "2026-05-31T09:30:00Z",
      url: "https://github.com/octo-org/octo-repo/commit/6dcb09b5b57875f334f61aebed695e2e4193db5e",
      author: { name: "The Octocat", email: "octocat@github.com", username: "octocat" },
      added: [],
      removed: [],
      modified: ["src/checkout.ts"],
    },
    commits: [],
    ...senderSample,
  },
});
