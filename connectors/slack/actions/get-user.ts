import { defineAction } from "../../../src/connector-sdk/action.ts";
import type { JsonObject } from "../../../src/connector-sdk/json.ts";
import { user } from "../fields.ts";
import { userSample } from "../samples.ts";

export default defineAction({
  title: "Get a person",
  description: "Reads a person's name, e-mail address and time zone.",
  input: { user },
  effect: "safe",
  rateLimitMethod: "users.info",
  outputSample: { user: userSample },

  async run({ api, input }) {
    const { body } = await api({ path: "/users.info", query: { user: input.user } });
    return { user: (body as JsonObject).user ?? null };
  },
});
