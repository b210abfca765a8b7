import type { BenchContext } from "./bench-context.ts";
import type { Figure, Section } from "./figure.ts";
import { fillDatabase, fillWorkflows } from "./fill-database.ts";
import { openPages, type PageServer } from "./page-server.ts";
import { type Installation, prepareInstallation, startProduct } from "./product-server.ts";
import { percentile } from "./statistics.ts";
import { failingWorkflow, loopWorkflow } from "./workflows.ts";

const WORKFLOWS_WITH_RUNS = 10;
const REAL_RUNS = 200;
const WANTED_MEDIAN = { atMost: 30 };
const WANTED_P99 = { atMost: 100 };

/** How long the server takes for each page of the browser's screens, with very much stored. */
export async function measurePages(context: BenchContext): Promise<Section> {
  const { pages } = context.sizes;
  const installation = await prepareInstallation(context.command, context.folder);
  const stored = await storeRealThings(installation, pages.loopItems);
  fillDatabase(installation.databaseFile, pages.runs);
  fillWorkflows(installation.databaseFile, pages.workflows, stored.workflowId);

  await using server = await openPages(installation.dataDir);
  const figures: Figure[] = [];
  for (const [name, path] of Object.entries(await findAddresses(server, stored))) {
    const times = await timePage(server, path, pages.requests);
    const [median, p99] = [percentile(times, 0.5), percentile(times, 0.99)];
    context.report({ page: name, "median ms": median, "p99 ms": p99 });
    figures.push({ name: `${name}, median`, value: median, unit: "ms", wanted: WANTED_MEDIAN, ceiling: null });
    figures.push({ name: `${name}, p99`, value: p99, unit: "ms", wanted: WANTED_P99, ceiling: null });
  }
  return {
    title: `Pages at ${pages.workflows} workflows and ${pages.runs} runs`,
    figures,
    notes: [
      "Server time: from the request to the whole HTML, in the server's process, one request at a time, signed in.",
      `The runs are those of ${WORKFLOWS_WITH_RUNS} workflows; one goes over a list of ${pages.loopItems} items.`,
    ],
  };
}

interface Stored {
  readonly workflowId: string;
  readonly runId: string;
  readonly loopRunId: string;
}

async function storeRealThings(installation: Installation, loopItems: number): Promise<Stored> {
  await using product = await startProduct(installation);
  const workflows = [];
  for (let index = 0; index < WORKFLOWS_WITH_RUNS; index += 1) workflows.push(await product.publish(failingWorkflow));
  let runId = "";
  for (let id = 0; id < REAL_RUNS; id += 1)
    runId = await deliver(workflows[id % WORKFLOWS_WITH_RUNS]?.hookUrl ?? "", {
      id,
      region: id % 7 === 0 ? "US" : "EU",
      price: id,
      email: `ada${id}@example.com`,
    });
  const loop = await product.publish(loopWorkflow);
  const loopRunId = await deliver(loop.hookUrl, { items: Array.from({ length: loopItems }, (_, index) => index) });
  while ((await product.getJson<{ status: string }>(`/api/v1/runs/${loopRunId}`)).status !== "succeeded")
    await Bun.sleep(50);
  await product.stop();
  return { workflowId: workflows[0]?.workflowId ?? "", runId, loopRunId };
}

async function deliver(hookUrl: string, body: object): Promise<string> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(hookUrl, { method: "POST", body: JSON.stringify(body), headers });
  if (response.status !== 202) throw new Error(`A delivery was answered with ${response.status}.`);
  return ((await response.json()) as { runId: string }).runId;
}

async function findAddresses(server: PageServer, { workflowId, runId, loopRunId }: Stored) {
  const followed = async (path: string) =>
    /href="([^"]*cursor=[^"]*)"/.exec(await server.get(path))?.[1]?.replaceAll("&amp;", "&") ?? path;
  return {
    "the workflows": "/workflows",
    "the workflows, older": await followed("/workflows"),
    "the workflows, searched": "/workflows?search=999",
    "a workflow": `/workflows/${workflowId}`,
    "the runs": "/runs",
    "the runs, older": await followed("/runs"),
    "runs that failed": "/runs?status=failed",
    "runs that succeeded": "/runs?status=succeeded",
    "runs that wait": "/runs?status=waiting",
    "runs of a workflow": `/runs?workflow=${workflowId}`,
    "failed runs of a workflow": `/runs?workflow=${workflowId}&status=failed`,
    "runs of the last hour": "/runs?since=1h&status=cancelled",
    "a run": `/runs/${runId}`,
    "a run over a long list": `/runs/${loopRunId}`,
    "a run over a long list, its last item": `/runs/${loopRunId}?at=each:${1_000_000}`,
    "the audit log": "/audit",
    "API keys": "/api-keys",
    variables: "/variables",
    connections: "/connections",
    "a new connection": "/connections/new",
    members: "/members",
    "how people sign in": "/settings",
  };
}

async function timePage(server: PageServer, path: string, requests: number): Promise<number[]> {
  const warmUp = Math.ceil(requests / 10);
  const times: number[] = [];
  for (let index = -warmUp; index < requests; index += 1) {
    const startedAt = performance.now();
    await server.get(path);
    if (index >= 0) times.push(performance.now() - startedAt);
  }
  return times;
}
