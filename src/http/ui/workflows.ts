import { page, redirect } from "./page-answer.ts";
import { definePage } from "./page-route.ts";

const PAGE_SIZE = 50;
/** So many of the newest runs are drawn for each workflow. */
const DRAWN_RUNS = 20;
const MAX_NAME = 200;

export const workflowListPages = [
  definePage({
    method: "GET",
    path: "/workflows",
    access: "workflow.read",
    async handle({ signedIn: { scope, csrfToken }, query }, { workflows }) {
      const search = query.get("search")?.trim().slice(0, MAX_NAME) ?? "";
      const cursor = query.get("cursor");
      const found = await workflows.lines(scope, search === "" ? null : search, { limit: PAGE_SIZE, cursor });
      const ids = found.items.map(({ id }) => id);
      const mayReadRuns = scope.permissions.has("run.read");
      const recent = mayReadRuns ? await workflows.recentRuns(scope, ids, DRAWN_RUNS) : new Map();
      const { WorkflowsPage } = await import("../../../views/workflows/workflows-page.tsx");
      const view = WorkflowsPage({
        address: addressOf(search, cursor),
        workflows: found.items.map((line) => ({ ...line, recent: recent.get(line.id) ?? [] })),
        search,
        older: found.nextCursor === null ? null : addressOf(search, found.nextCursor),
        newest: cursor === null ? null : addressOf(search, null),
        csrf: csrfToken,
        mayWrite: scope.permissions.has("workflow.write"),
      });
      return page({ title: "Workflows", section: "workflows" }, view);
    },
  }),

  definePage({
    method: "POST",
    path: "/workflows/:id/duplicate",
    access: "workflow.write",
    async handle({ signedIn: { scope }, params }, { workflows }) {
      const { definition } = await workflows.find(scope, params.id);
      const name = `${definition.name.slice(0, MAX_NAME - COPY_SUFFIX.length)}${COPY_SUFFIX}`;
      const copy = await workflows.create(scope, { ...definition, name });
      return redirect(`/workflows/${copy.id}`, {
        flash: { kind: "success", text: "This is the copy. It is not published." },
      });
    },
  }),
];

const COPY_SUFFIX = " (copy)";

function addressOf(search: string, cursor: string | null): string {
  const query = new URLSearchParams();
  if (search !== "") query.set("search", search);
  if (cursor !== null) query.set("cursor", cursor);
  return query.size === 0 ? "/workflows" : `/workflows?${query}`;
}
