import { defineAction } from "../../../src/connector-sdk/action.ts";
import { isJsonObject, type Json } from "../../../src/connector-sdk/json.ts";
import { limit } from "../fields.ts";
import { followPages } from "../follow-pages.ts";
import { issueSample } from "../samples.ts";

/** What is found tells less of labels and assignees. */
const { assignees: _, ...found } = issueSample;
const foundSample = { ...found, labels: [{ id: 208045946, name: "bug", color: "f29513" }] };

export default defineAction({
  title: "Search issues and pull requests",
  description: "Finds issues and pull requests in all repositories that the connection can see.",
  input: {
    query: {
      kind: "text",
      title: "Search",
      description: "In GitHub's search language. Name `is:issue` or `is:pull-request`; GitHub App connections need it.",
      placeholder: "repo:octo-org/octo-repo is:issue is:open label:bug",
      required: true,
    },
    sort: {
      kind: "select",
      title: "Sorted by",
      default: "best",
      options: [
        { value: "best", title: "Best match" },
        { value: "created", title: "Created" },
        { value: "updated", title: "Changed" },
        { value: "comments", title: "Number of comments" },
      ],
    },
    order: {
      kind: "select",
      title: "Order",
      default: "desc",
      options: [
        { value: "desc", title: "Descending" },
        { value: "asc", title: "Ascending" },
      ],
    },
    // GitHub's search never gives more than its first 1,000 results.
    limit,
  },
  effect: "safe",
  // Search has a budget of its own, thirty a minute.
  rateLimitMethod: "search",
  outputSample: { total: 1, incomplete: false, issues: [foundSample], hasMore: false },

  async run({ api, input }) {
    const sort = input.sort === "best" ? undefined : input.sort;
    const request = { path: "/search/issues", query: { q: input.query, sort, order: input.order } };
    const { items, hasMore, first } = await followPages(api, request, input.limit, readItems);
    const { total_count: total, incomplete_results: incomplete } = first as { [name: string]: Json };
    return { total: total ?? null, incomplete: incomplete ?? null, issues: items, hasMore };
  },
});

function readItems(body: Json): readonly Json[] {
  return isJsonObject(body) && Array.isArray(body.items) ? body.items : [];
}
