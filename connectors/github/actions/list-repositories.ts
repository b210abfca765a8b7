import { defineAction } from "../../../src/connector-sdk/action.ts";
import { limit } from "../fields.ts";
import { followPages } from "../follow-pages.ts";
import { INSTALLATION_REPOSITORIES, installationOf, repositoriesIn } from "../installation.ts";
import { repositorySample } from "../samples.ts";

export default defineAction({
  title: "List repositories",
  description:
    "Reads the repositories that the connection's account can reach; of an app's installation all that it has, whatever else is chosen.",
  input: {
    visibility: {
      kind: "select",
      title: "Visibility",
      default: "all",
      options: [
        { value: "all", title: "All" },
        { value: "public", title: "Public" },
        { value: "private", title: "Private" },
      ],
    },
    affiliation: {
      kind: "multi_select",
      title: "Whose",
      default: ["owner", "collaborator", "organization_member"],
      options: [
        { value: "owner", title: "The account's own" },
        { value: "collaborator", title: "Where it collaborates" },
        { value: "organization_member", title: "Of its organisations" },
      ],
    },
    sort: {
      kind: "select",
      title: "Sorted by",
      default: "full_name",
      options: [
        { value: "full_name", title: "Name" },
        { value: "created", title: "Created" },
        { value: "updated", title: "Changed" },
        { value: "pushed", title: "Last push" },
      ],
    },
    limit,
  },
  effect: "safe",
  outputSample: { repositories: [repositorySample], hasMore: false },

  async run({ api, input, credential }) {
    const { visibility, affiliation, sort } = input;
    if (installationOf(credential) !== null) {
      const { items, hasMore } = await followPages(
        api,
        { path: INSTALLATION_REPOSITORIES },
        input.limit,
        repositoriesIn,
      );
      return { repositories: items, hasMore };
    }
    const query = { visibility, affiliation: affiliation.join(","), sort };
    const { items, hasMore } = await followPages(api, { path: "/user/repos", query }, input.limit);
    return { repositories: items, hasMore };
  },
});
