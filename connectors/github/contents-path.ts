import { ActionError } from "../../src/connector-sdk/action-error.ts";
import { repositoryPath } from "./repository-path.ts";

/** The API's path of a file. Throws a final `ActionError` for a path that could mean another file. */
export function contentsPath(repository: string, path: string): string {
  const segments = path.replace(/^\/+/, "").split("/");
  if (segments.some((segment) => segment === "" || segment === "." || segment === ".."))
    throw new ActionError("final", `"${path}" is not a file's path; write it as docs/readme.md`, {
      code: "invalid_input",
    });
  // As one segment, which is how GitHub's own client sends it.
  return `${repositoryPath(repository)}/contents/${encodeURIComponent(segments.join("/"))}`;
}
