import { createHash } from "node:crypto";
import { type ActionCase, describeActions, type PagesCase } from "../../test/connectors/describe-actions.ts";
import connector from "./definition.ts";
import { maker } from "./testing/maker.ts";

const NOW = Date.parse("2026-05-31T12:00:00Z");
const repository = "octo-org/octo-repo";
const issue = { repository, issueNumber: 1347 };
const sha = "6dcb09b5b57875f334f61aebed695e2e4193db5e";

/** Pages as GitHub links them: by an address that is the server's own business. */
function pages(
  input: PagesCase["input"],
  items: string,
  wrap: (list: object[]) => unknown = (list) => list,
): PagesCase {
  return {
    input,
    items,
    answer(page, { path, query }) {
      const link = (to: number, rel: string) =>
        `<https://api.github.com${path}?${new URLSearchParams({ ...query, page: String(to) })}>; rel="${rel}"`;
      return Response.json(wrap([{ number: page, full_name: `octo-org/${page}` }]), {
        headers: page < 3 ? { link: `${link(page + 1, "next")}, ${link(3, "last")}` } : {},
      });
    },
    third: { query: { page: "3" } },
  };
}

const actions: Record<string, ActionCase> = {
  create_issue: {
    operations: ["issues/create"],
    required: { repository, title: "Checkout fails" },
    all: { repository, title: "Checkout fails", body: "…", labels: ["bug"], assignees: ["octocat"], milestone: "3" },
  },
  update_issue: {
    operations: ["issues/update"],
    required: issue,
    all: {
      ...issue,
      title: "Checkout fails",
      body: "…",
      state: "closed",
      stateReason: "not_planned",
      labels: ["bug"],
      assignees: [],
      milestone: "3",
    },
  },
  get_issue: { operations: ["issues/get"], required: issue, all: issue },
  list_issues: {
    operations: ["issues/list-for-repo"],
    required: { repository },
    all: {
      repository,
      state: "all",
      labels: ["bug", "help wanted"],
      assignee: "octocat",
      since: "2026-05-31T09:30:00Z",
      sort: "updated",
      direction: "asc",
      limit: 5,
    },
    pages: pages({ repository, limit: 250 }, "issues"),
  },
  search_issues: {
    operations: ["search/issues-and-pull-requests"],
    required: { query: "is:issue is:open" },
    all: { query: "is:issue is:open", sort: "updated", order: "asc", limit: 5 },
    pages: pages({ query: "is:issue", limit: 250 }, "issues", (items) => ({
      total_count: 3,
      incomplete_results: false,
      items,
    })),
  },
  create_comment: {
    operations: ["issues/create-comment"],
    required: { ...issue, body: "Thanks" },
    all: { ...issue, body: "Thanks" },
  },
  add_labels: {
    operations: ["issues/add-labels"],
    required: { ...issue, labels: ["bug"] },
    all: { ...issue, labels: ["bug", "help wanted"] },
  },
  create_pull_request: {
    operations: ["pulls/create"],
    required: { repository, title: "Fix", head: "fix", base: "main" },
    all: {
      repository,
      title: "Fix",
      head: "octocat:fix",
      base: "main",
      body: "…",
      draft: true,
      maintainersCanModify: false,
      ifOpen: "take",
    },
  },
  list_pull_requests: {
    operations: ["pulls/list"],
    required: { repository },
    all: {
      repository,
      state: "closed",
      base: "main",
      head: "octo-org:fix",
      sort: "popularity",
      direction: "asc",
      limit: 5,
    },
    pages: pages({ repository, limit: 250 }, "pullRequests"),
  },
  merge_pull_request: {
    operations: ["pulls/merge"],
    required: { repository, pullNumber: 1348 },
    all: { repository, pullNumber: 1348, method: "squash", commitTitle: "Fix", commitMessage: "…", sha },
  },
  list_repositories: {
    operations: ["repos/list-for-authenticated-user"],
    required: {},
    all: { visibility: "private", affiliation: ["owner"], sort: "pushed", limit: 5 },
    pages: pages({ limit: 250 }, "repositories"),
  },
  get_file: {
    operations: ["repos/get-content"],
    required: { repository, path: "docs/readme.md" },
    all: { repository, path: "docs/readme.md", ref: "v1" },
    answers: { "repos/get-content": () => fileContent("Hello\n") },
  },
  put_file: {
    operations: ["repos/get-content", "repos/create-or-update-file-contents"],
    required: { repository, path: "docs/readme.md", message: "Update" },
    all: [
      { repository, path: "docs/readme.md", message: "Update", source: "text", text: "Hi\n", branch: "main" },
      { repository, path: "logo.png", message: "Update", source: "file", file: { base64: "AP8=" } },
    ],
    answers: { "repos/get-content": () => fileContent("Hello\n") },
  },
  create_release: {
    operations: ["repos/create-release"],
    required: { repository, tag: "v1.2.0" },
    all: {
      repository,
      tag: "v1.2.0",
      target: "main",
      name: "1.2.0",
      body: "…",
      generateNotes: true,
      draft: true,
      prerelease: true,
    },
  },
  get_user: {
    operations: ["users/get-by-username"],
    requiredOperations: ["users/get-authenticated"],
    required: {},
    all: { username: "octocat" },
  },
  dispatch_workflow: {
    operations: ["actions/create-workflow-dispatch"],
    required: { repository, workflow: "deploy.yml", ref: "main" },
    all: { repository, workflow: "deploy.yml", ref: "main", inputs: { environment: "staging" } },
  },
  set_commit_status: {
    operations: ["repos/create-commit-status"],
    required: { repository, sha, state: "success" },
    all: {
      repository,
      sha,
      state: "failure",
      context: "ci",
      description: "2 failed",
      targetUrl: "https://ci.example.com/1",
    },
  },
};

function fileContent(text: string) {
  const bytes = Buffer.from(text);
  return {
    type: "file",
    encoding: "base64",
    size: bytes.byteLength,
    name: "readme.md",
    path: "docs/readme.md",
    content: `${bytes.toString("base64")}\n`,
    sha: createHash("sha1").update(`blob ${bytes.byteLength}\0${text}`).digest("hex"),
    html_url: "https://github.com/octo-org/octo-repo/blob/main/docs/readme.md",
  };
}

const json = { "content-type": "application/json; charset=utf-8" };
const limited = {
  ...json,
  "x-ratelimit-limit": "5000",
  "x-ratelimit-remaining": "0",
  "x-ratelimit-reset": String(NOW / 1000 + 90),
  "x-ratelimit-resource": "core",
};

describeActions({
  connector,
  peer: maker,
  credential: { scheme: "personal_token", fields: { token: "github_pat_x" } },
  nowMs: NOW,
  actions,
  refusals: [
    {
      title: "waits for the hour's requests when they are used up",
      answer: () => Response.json({ message: "API rate limit exceeded" }, { status: 403, headers: limited }),
      kind: "rate_limited",
      code: "rate_limited",
      retryAfterMs: 90_000,
    },
    {
      title: "waits as a 429 with Retry-After says",
      answer: () => Response.json({ message: "slow down" }, { status: 429, headers: { ...json, "retry-after": "30" } }),
      kind: "rate_limited",
      code: "rate_limited",
      retryAfterMs: 30_000,
    },
    {
      title: "gives the credential back when the token is refused",
      answer: () => Response.json({ message: "Bad credentials" }, { status: 401, headers: json }),
      kind: "auth",
      code: "http_401",
    },
    {
      title: "fails for good where the repository is not there",
      answer: () => Response.json({ message: "Not Found" }, { status: 404, headers: json }),
      kind: "final",
      code: "not_found",
    },
    {
      title: "does not know the outcome of a bad gateway",
      answer: () => new Response("<html>", { status: 502, headers: { "content-type": "text/html" } }),
      kind: "unknown",
      code: "http_502",
    },
  ],
});
