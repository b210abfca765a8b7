import { ActionError } from "../../src/connector-sdk/action-error.ts";
import type { ApiResponse } from "../../src/connector-sdk/call-context.ts";

/** The answer, or the error's code where Slack's refusal means that what was wanted is so already. */
export async function acceptError(
  answer: Promise<ApiResponse>,
  codes: readonly string[],
): Promise<ApiResponse | string> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ActionError && codes.includes(error.code)) return error.code;
    throw error;
  }
}
