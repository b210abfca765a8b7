import type { RunHead } from "../../../views/runs/run-props.ts";
import { AppError } from "../../domain/errors.ts";
import { isFinal, RUN_STATUSES, type RunStatus } from "../../domain/run.ts";
import type { RunSummary } from "../../domain/run-store.ts";
import type { SignedIn } from "../../domain/signed-in.ts";
import { showInput } from "../../engine/seal-input.ts";
import { decodeStepRowId } from "../api/step-row-id.ts";
import type { Services } from "../services.ts";
import { downloadJson } from "./download-json.ts";
import { streamChanges } from "./event-stream.ts";
import { page, respondWith } from "./page-answer.ts";
import { definePage } from "./page-route.ts";
import { buildTree } from "./run-view/build-tree.ts";
import { describeStep } from "./run-view/describe-detail.ts";
import { addressOf, readLook } from "./run-view/run-address.ts";

const PAGE_SIZE = 50;
/** So many workflows are offered as a filter; any other is reached from its own page. */
const OFFERED_WORKFLOWS = 100;
const SINCE_MS: Readonly<Record<string, number>> = {
  "1h": 3_600_000,
  "24h": 86_400_000,
  "7d": 604_800_000,
  "30d": 2_592_000_000,
};

export const runPages = [
  definePage({
    method: "GET",
    path: "/runs",
    access: "run.read",
    async handle({ signedIn: { scope }, query }, { runs, workflows, clock }) {
      const filter = readFilter(query);
      const sinceMs = SINCE_MS[filter.since];
      const wanted = {
        workflowId: filter.workflow === "" ? null : filter.workflow,
        status: filter.status === "" ? null : (filter.status as RunStatus),
        since: sinceMs === undefined ? null : clock.now() - sinceMs,
      };
      const cursor = query.get("cursor");
      const found = await runs.list(scope, wanted, { limit: PAGE_SIZE, cursor });
      const offered = await workflows.lines(scope, null, { limit: OFFERED_WORKFLOWS, cursor: null });
      const ids = found.items.map(({ workflowId }) => workflowId);
      const names = await workflows.names(scope, wanted.workflowId === null ? ids : [...ids, wanted.workflowId]);
      const { RunsPage } = await import("../../../views/runs/runs-page.tsx");
      const view = RunsPage({
        address: addressOfList(filter, cursor),
        runs: found.items.map((run) => toHead(run, names)),
        filter,
        workflows: offerWorkflows(offered.items, filter.workflow, names),
        older: found.nextCursor === null ? null : addressOfList(filter, found.nextCursor),
        newest: cursor === null ? null : addressOfList(filter, null),
      });
      return page({ title: "Runs", section: "runs" }, view);
    },
  }),

  definePage({
    method: "GET",
    path: "/runs/live",
    access: "run.read",
    async handle({ signedIn: { scope }, request }, { runs, stopping }) {
      const watch = (changed: () => void) => runs.watch(scope, null, changed);
      return respondWith(streamChanges({ watch, isOver: async () => false, gone: request.signal, stopping }));
    },
  }),

  definePage({
    method: "GET",
    path: "/runs/:id",
    access: "run.read",
    async handle({ signedIn, params, query }, services) {
      const { scope, csrfToken } = signedIn;
      const run = await services.runs.find(scope, params.id);
      const look = readLook(run.id, query);
      const definition = await services.workflows.definitionOf(scope, run.workflowId, run.version);
      const names = await services.workflows.names(scope, [run.workflowId]);
      const nodes = await buildTree(definition?.steps ?? [], { runs: services.runs, scope, run, look });
      const { RunPage } = await import("../../../views/runs/run-page.tsx");
      const head = toHead(run, names);
      const view = RunPage({
        run: head,
        address: addressOf(look),
        overview: addressOf({ ...look, step: null }),
        isOver: isFinal(run.status),
        nodes,
        step: await describeStep(look.step, definition, run, scope, services),
        trigger: { ...run.trigger },
        output: run.output,
        csrf: csrfToken,
        mayControl: scope.permissions.has("run.control"),
      });
      return page({ title: head.workflowName, section: "runs" }, view);
    },
  }),

  definePage({
    method: "GET",
    path: "/runs/:id/live",
    access: "run.read",
    async handle({ signedIn: { scope }, params, request }, { runs, stopping }) {
      await runs.find(scope, params.id);
      const watch = (changed: () => void) => runs.watch(scope, params.id, changed);
      const isOver = async () => isFinal((await runs.find(scope, params.id)).status);
      return respondWith(streamChanges({ watch, isOver, gone: request.signal, stopping }));
    },
  }),

  definePage({
    method: "GET",
    path: "/runs/:id/trigger",
    access: "run.read",
    async handle({ signedIn: { scope }, params }, { runs }) {
      return downloadJson((await runs.find(scope, params.id)).trigger);
    },
  }),

  definePage({
    method: "GET",
    path: "/runs/:id/output",
    access: "run.read",
    async handle({ signedIn: { scope }, params }, { runs }) {
      return downloadJson((await runs.find(scope, params.id)).output ?? null);
    },
  }),

  definePage({
    method: "GET",
    path: "/runs/:id/steps/:rowId/input",
    access: "run.read",
    async handle({ signedIn, params }, services) {
      return downloadJson(showInput((await newestAttempt(signedIn, params, services)).input));
    },
  }),

  definePage({
    method: "GET",
    path: "/runs/:id/steps/:rowId/output",
    access: "run.read",
    async handle({ signedIn, params }, services) {
      return downloadJson((await newestAttempt(signedIn, params, services)).output ?? null);
    },
  }),
];

async function newestAttempt(
  { scope }: SignedIn,
  { id, rowId }: { readonly id: string; readonly rowId: string },
  { runs }: Services,
) {
  const place = decodeStepRowId(rowId);
  const attempts = place ? await runs.attempts(scope, id, place) : [];
  const newest = attempts.findLast(({ state }) => state !== "prior");
  if (!newest) throw new AppError("not_found", `Run ${id} has no such step.`);
  return newest;
}

// The list's filters --------------------------------------------------------------------------------------------------

interface Filter {
  readonly status: string;
  readonly workflow: string;
  readonly since: string;
}

/** What does not make sense is left out rather than refused: the address may come from anywhere. */
function readFilter(query: URLSearchParams): Filter {
  const status = query.get("status") ?? "";
  const since = query.get("since") ?? "";
  return {
    status: (RUN_STATUSES as readonly string[]).includes(status) ? status : "",
    workflow: /^[A-Za-z0-9_-]{1,200}$/.exec(query.get("workflow") ?? "")?.[0] ?? "",
    since: Object.hasOwn(SINCE_MS, since) ? since : "",
  };
}

function addressOfList(filter: Filter, cursor: string | null): string {
  const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== ""));
  if (cursor !== null) query.set("cursor", cursor);
  return query.size === 0 ? "/runs" : `/runs?${query}`;
}

function offerWorkflows(
  lines: readonly { readonly id: string; readonly name: string }[],
  chosen: string,
  names: ReadonlyMap<string, string>,
) {
  const offered = lines.map(({ id, name }) => ({ value: id, label: name }));
  const isMissing = chosen !== "" && !offered.some(({ value }) => value === chosen);
  const added = isMissing ? [{ value: chosen, label: names.get(chosen) ?? chosen }] : [];
  return [{ value: "", label: "Any workflow" }, ...added, ...offered];
}

function toHead(run: RunSummary, names: ReadonlyMap<string, string>): RunHead {
  return {
    id: run.id,
    workflowId: run.workflowId,
    workflowName: names.get(run.workflowId) ?? run.workflowId,
    version: run.version,
    status: run.status,
    waitingFor: run.status === "waiting" ? run.waitingFor : null,
    source: run.source,
    error: run.error,
    replayOf: run.replayOf,
    parentRunId: run.parent?.runId ?? null,
    createdAt: run.createdAt,
    startedAt: run.startedAt,
    finishedAt: run.finishedAt,
  };
}
