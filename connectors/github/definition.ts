import { defineConnector } from "../../src/connector-sdk/connector.ts";
import type { JsonObject } from "../../src/connector-sdk/json.ts";
import { readAccount } from "../../src/connector-sdk/read-account.ts";
import { authSchemes } from "./auth-schemes.ts";
import icon from "./icon.svg" with { type: "text" };
import { accountOfInstallation, INSTALLATION_REPOSITORIES, installationOf, repositoriesIn } from "./installation.ts";
import { rateLimits } from "./rate-limits.ts";
import { classify } from "./read-failure.ts";

export default defineConnector({
  title: "GitHub",
  description: "Issues, pull requests, files, releases and what happens in repositories.",
  icon,
  auth: authSchemes,
  hosts: ["api.github.com"],
  baseUrl: "https://api.github.com",
  headers: {
    Accept: "application/vnd.github+json",
    "X-GitHub-Api-Version": "2022-11-28",
    // GitHub refuses requests without one.
    "User-Agent": "IntegrationSync",
  },
  classify,
  rateLimits,
  // It asks for few requests at a time.
  maxConcurrentCalls: 10,

  async testConnection({ api, credential }) {
    const installation = installationOf(credential);
    if (installation !== null) {
      const { body } = await api({ path: INSTALLATION_REPOSITORIES, query: { per_page: 1 } });
      const [first] = repositoriesIn(body) as readonly JsonObject[];
      const owner = (first?.owner as JsonObject | undefined)?.login;
      const label = `${owner ?? "GitHub App"} (installation ${installation})`;
      return readAccount(accountOfInstallation(installation), label);
    }
    const { id, login } = (await api({ path: "/user" })).body as JsonObject;
    return readAccount(id, login);
  },

  actions: {
    add_labels: async () => (await import("./actions/add-labels.ts")).default,
    create_comment: async () => (await import("./actions/create-comment.ts")).default,
    create_issue: async () => (await import("./actions/create-issue.ts")).default,
    create_pull_request: async () => (await import("./actions/create-pull-request.ts")).default,
    create_release: async () => (await import("./actions/create-release.ts")).default,
    dispatch_workflow: async () => (await import("./actions/dispatch-workflow.ts")).default,
    get_file: async () => (await import("./actions/get-file.ts")).default,
    get_issue: async () => (await import("./actions/get-issue.ts")).default,
    get_user: async () => (await import("./actions/get-user.ts")).default,
    list_issues: async () => (await import("./actions/list-issues.ts")).default,
    list_pull_requests: async () => (await import("./actions/list-pull-requests.ts")).default,
    list_repositories: async () => (await import("./actions/list-repositories.ts")).default,
    merge_pull_request: async () => (await import("./actions/merge-pull-request.ts")).default,
    put_file: async () => (await import("./actions/put-file.ts")).default,
    search_issues: async () => (await import("./actions/search-issues.ts")).default,
    set_commit_status: async () => (await import("./actions/set-commit-status.ts")).default,
    update_issue: async () => (await import("./actions/update-issue.ts")).default,
  },
  triggers: {
    event: async () => (await import("./triggers/event.ts")).default,
    issue: async () => (await import("./triggers/issue.ts")).default,
    issue_comment: async () => (await import("./triggers/issue-comment.ts")).default,
    pull_request: async () => (await import("./triggers/pull-request.ts")).default,
    push: async () => (await import("./triggers/push.ts")).default,
    release: async () => (await import("./triggers/release.ts")).default,
  },
  appEvents: async () => (await import("./app-events.ts")).appEvents,
});
