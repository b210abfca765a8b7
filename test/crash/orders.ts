import type { RunStatus } from "../../src/domain/run.ts";
import type { WorkflowDefinition } from "../../src/domain/workflow.ts";
import type { Server } from "./installation.ts";
import type { Load } from "./load.ts";
import { countEffects, type SinkProcess } from "./sink-process.ts";
import { callSink, onWebhook } from "./workflows.ts";

/** Of the first calls, these are answered late. */
const SLOW_SHARE = 0.15;

/** webhook → set → branch → POST, and another POST: the first is stored with the delivery, the second in mid-run. */
export function routeOrders(sink: SinkProcess, name: string, keyed: boolean): WorkflowDefinition {
  const order = { id: "{{ trigger.body.id }}", answerAfterMs: "{{ trigger.body.answerAfterMs }}" };
  const isEuropean = {
    any: [{ all: [{ left: "{{ steps.order.output.region }}", operator: "equals" as const, right: "EU" }] }],
  };
  return onWebhook(name, [
    { id: "order", kind: "set", values: { region: "{{ trigger.body.region }}" } },
    {
      id: "route",
      kind: "branch",
      branches: [{ name: "EU", when: isEuropean, steps: [callSink(sink, order, { id: "sendEu", keyed })] }],
      otherwise: [callSink(sink, order, { id: "sendOther", keyed })],
    },
    callSink(sink, { id: receiptOf("{{ trigger.body.id }}") }, { id: "receipt", keyed }),
  ]);
}

function receiptOf(id: string): string {
  return `${id} receipt`;
}

export function randomOrder(id: string, random: () => number) {
  const answerAfterMs = random() < SLOW_SHARE ? Math.round(random() * 400) : 0;
  return { id, region: random() < 0.5 ? "EU" : "US", answerAfterMs };
}

export async function isQuiet({ api }: Server): Promise<boolean> {
  for (const status of ["queued", "running", "waiting"]) {
    const { body } = await api("GET", `/runs?status=${status}&limit=1`);
    if (body.data.length > 0) return false;
  }
  return true;
}

export interface Verdict {
  /** A line for everything that breaks the promise: what was answered with 2xx is done once, or a person is asked. */
  readonly broken: readonly string[];
  /** Such as `6065 acknowledged, 6065 delivered once, 249 in review, 12 cut off`. */
  readonly summary: string;
}

export async function judge({ acknowledged, cutOff }: Load, server: Server, sink: SinkProcess): Promise<Verdict> {
  const statuses = new Map<string, RunStatus>((await server.listRuns()).map(({ id, status }) => [id, status]));
  const effects = countEffects(await sink.calls());
  const timesOf = (id: string) => [effects.get(id) ?? 0, effects.get(receiptOf(id)) ?? 0];
  const broken: string[] = [];
  for (const [runId, id] of acknowledged) {
    const status = statuses.get(runId) ?? "missing";
    const times = timesOf(id);
    const isKept =
      status === "succeeded"
        ? times.every((each) => each === 1)
        : status === "needs_review" && times.every((each) => each <= 1);
    if (!isKept) broken.push(`${runId} (${id}) is ${status}, its calls took effect ${times.join(" and ")} times`);
  }
  // What was not acknowledged may have been stored or not; it is not done twice either.
  for (const id of cutOff) if (timesOf(id).some((each) => each > 1)) broken.push(`${id} was cut off and done twice`);

  const runIds = [...acknowledged.keys()];
  const delivered = runIds.filter((runId) => effects.get(acknowledged.get(runId) ?? "") === 1).length;
  const inReview = runIds.filter((runId) => statuses.get(runId) === "needs_review").length;
  const summary = `${acknowledged.size} acknowledged, ${delivered} delivered once, ${inReview} in review, ${cutOff.size} cut off`;
  return { broken, summary };
}
