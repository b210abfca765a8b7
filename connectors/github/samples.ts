/* Parts of the actions' output samples, as `dropLinks` leaves GitHub's objects. */

export const userSample = {
  login: "octocat",
  id: 1,
  avatar_url: "https://github.com/images/error/octocat_happy.gif",
  html_url: "https://github.com/octocat",
  type: "User",
  site_admin: false,
} as const;

export const issueSample = {
  id: 1,
  number: 1347,
  html_url: "https://github.com/octo-org/octo-repo/issues/1347",
  state: "open",
  title: "Checkout fails with a 500",
  body: "Since this morning.",
  user: userSample,
  labels: [{ id: 208045946, name: "bug", description: "Something isn't working", color: "f29513", default: true }],
  assignee: userSample,
  assignees: [userSample],
  milestone: null,
  locked: false,
  comments: 0,
  closed_at: null,
  created_at: "2026-05-31T09:30:00Z",
  updated_at: "2026-05-31T09:30:00Z",
} as const;

export const repositorySample = {
  id: 1296269,
  name: "octo-repo",
  full_name: "octo-org/octo-repo",
  owner: userSample,
  private: false,
  html_url: "https://github.com/octo-org/octo-repo",
  description: "This is your first repo!",
  fork: false,
  default_branch: "main",
  language: "TypeScript",
  archived: false,
  visibility: "public",
  pushed_at: "2026-05-31T09:30:00Z",
} as const;

export const pullRequestSample = {
  id: 1,
  number: 1348,
  html_url: "https://github.com/octo-org/octo-repo/pull/1348",
  state: "open",
  title: "Fix the checkout",
  body: "Closes #1347.",
  draft: false,
  user: userSample,
  labels: [],
  head: { label: "octo-org:fix-checkout", ref: "fix-checkout", sha: "6dcb09b5b57875f334f61aebed695e2e4193db5e" },
  base: { label: "octo-org:main", ref: "main", sha: "c5b97d5ae6c19d5c5df71a34c7fbeeda2479ccbc" },
  merged_at: null,
  merge_commit_sha: null,
  created_at: "2026-05-31T09:30:00Z",
  updated_at: "2026-05-31T09:30:00Z",
} as const;

export const releaseSample = {
  id: 1,
  html_url: "https://github.com/octo-org/octo-repo/releases/v1.2.0",
  tag_name: "v1.2.0",
  target_commitish: "main",
  name: "1.2.0",
  body: "What is new",
  draft: false,
  prerelease: false,
  author: userSample,
  assets: [],
  created_at: "2026-05-31T09:30:00Z",
  published_at: "2026-05-31T09:30:00Z",
} as const;
