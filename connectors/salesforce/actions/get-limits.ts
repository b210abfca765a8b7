import { defineAction } from "../../../src/connector-sdk/action.ts";
import type { JsonObject } from "../../../src/connector-sdk/json.ts";

export default defineAction({
  title: "Get limits",
  description: "Tells how much of the organisation's daily limits is left.",
  input: {},
  effect: "safe",
  outputSample: { DailyApiRequests: { Max: 15_000, Remaining: 14_998 } },

  async run({ api }) {
    return (await api({ path: "/limits" })).body as JsonObject;
  },
});
