import { defineAction } from "../../../src/connector-sdk/action.ts";
import type { JsonObject } from "../../../src/connector-sdk/json.ts";
import { acceptError } from "../accept-error.ts";
import { userSample } from "../samples.ts";

export default defineAction({
  title: "Find a person by e-mail",
  description: "Looks up who has an e-mail address in the workspace.",
  input: {
    email: { kind: "text", title: "E-mail", format: "email", required: true, placeholder: "ada@example.com" },
    ifMissing: {
      kind: "select",
      title: "If nobody has it",
      default: "fail",
      options: [
        { value: "fail", title: "Fail" },
        { value: "continue", title: "Go on with found: false" },
      ],
    },
  },
  effect: "safe",
  rateLimitMethod: "users.lookupByEmail",
  outputSample: { found: true, user: userSample },

  async run({ api, input }) {
    const call = api({ path: "/users.lookupByEmail", query: { email: input.email } });
    const answer = await acceptError(call, input.ifMissing === "continue" ? ["users_not_found"] : []);
    if (typeof answer === "string") return { found: false, user: null };
    return { found: true, user: (answer.body as JsonObject).user ?? null };
  },
});
