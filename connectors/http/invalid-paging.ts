import { ActionError } from "../../src/connector-sdk/action-error.ts";

/** The server's pages are not as the paging settings say; asking again gives the same. */
export function invalidPaging(message: string): ActionError {
  return new ActionError("final", `Reading the pages failed: ${message}.`, { code: "invalid_paging" });
}
