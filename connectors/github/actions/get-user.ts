import { defineAction } from "../../../src/connector-sdk/action.ts";
import { dropLinks } from "../drop-links.ts";
import { userSample } from "../samples.ts";

export default defineAction({
  title: "Get a user",
  description: "Reads a user's public profile, or the connection's own account.",
  input: {
    username: {
      kind: "text",
      title: "User name",
      description: "If empty, the connection's own account.",
      placeholder: "octocat",
    },
  },
  effect: "safe",
  outputSample: {
    ...userSample,
    name: "The Octocat",
    company: "GitHub",
    email: null,
    created_at: "2011-01-25T18:44:36Z",
  },

  async run({ api, input }) {
    const path = input.username ? `/users/${encodeURIComponent(input.username)}` : "/user";
    return dropLinks((await api({ path, followRedirects: true })).body);
  },
});
