import { ActionError } from "../../src/connector-sdk/action-error.ts";

/** What GitHub takes in owners' and repositories' names; `.` and `..` alone would climb out of the path. */
const FULL_NAME = /^(?!\.\.?\/)([\w.-]+)\/(?!\.\.?$)([\w.-]+)$/;

/** `octo-org/octo-repo` → `/repos/octo-org/octo-repo`. Throws a final `ActionError` for anything else. */
export function repositoryPath(fullName: string): string {
  if (!FULL_NAME.test(fullName))
    throw new ActionError("final", `"${fullName}" is not a repository; write it as owner/name`, {
      code: "invalid_input",
    });
  return `/repos/${fullName}`;
}
