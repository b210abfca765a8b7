import type { Field } from "../../src/connector-sdk/fields.ts";
import { loadAssignees } from "./choices/load-assignees.ts";
import { loadBranches } from "./choices/load-branches.ts";
import { loadLabels } from "./choices/load-labels.ts";
import { loadMilestones } from "./choices/load-milestones.ts";
import { loadRepositories } from "./choices/load-repositories.ts";

/* Fields that several actions and triggers share. */

export const repository = {
  kind: "select",
  title: "Repository",
  placeholder: "octo-org/octo-repo",
  required: true,
  choices: { load: loadRepositories },
} as const satisfies Field;

export const issueNumber = {
  kind: "number",
  title: "Number",
  description: "Of the issue or pull request, as in its address.",
  integer: true,
  min: 1,
  required: true,
  placeholder: "1347",
} as const satisfies Field;

export const labels = {
  kind: "multi_select",
  title: "Labels",
  choices: { needs: ["repository"], load: loadLabels },
} as const satisfies Field;

export const assignees = {
  kind: "multi_select",
  title: "Assignees",
  choices: { needs: ["repository"], load: loadAssignees },
} as const satisfies Field;

export const milestone = {
  kind: "select",
  title: "Milestone",
  choices: { needs: ["repository"], load: loadMilestones },
} as const satisfies Field;

export const branch = {
  kind: "select",
  title: "Branch",
  placeholder: "main",
  choices: { needs: ["repository"], load: loadBranches },
} as const satisfies Field;

export const filePath = {
  kind: "text",
  title: "Path",
  placeholder: "docs/readme.md",
  required: true,
} as const satisfies Field;

export const issueState = {
  kind: "select",
  title: "State",
  default: "open",
  options: [
    { value: "open", title: "Open" },
    { value: "closed", title: "Closed" },
    { value: "all", title: "All" },
  ],
} as const satisfies Field;

export const direction = {
  kind: "select",
  title: "Order",
  default: "desc",
  options: [
    { value: "desc", title: "Descending" },
    { value: "asc", title: "Ascending" },
  ],
} as const satisfies Field;

export const limit = {
  kind: "number",
  title: "At most",
  description: "How many to read; they come in pages of 100.",
  integer: true,
  min: 1,
  max: 1000,
  default: 100,
} as const satisfies Field;
