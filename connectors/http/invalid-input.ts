import { ActionError } from "../../src/connector-sdk/action-error.ts";

/** Found before anything was sent, and the same at every retry. */
export function invalidInput(message: string): ActionError {
  return new ActionError("final", `The request cannot be made: ${message}.`, { code: "invalid_input" });
}
