import type { DataSource } from "../../../views/workflows/_data-list.tsx";
import type { Json } from "../../domain/json.ts";
import type { Scope } from "../../domain/tenant.ts";
import { ledgerPlaceOf, visibleAt } from "../../domain/visible-data.ts";
import type { Step } from "../../domain/workflow.ts";
import type { Services } from "../services.ts";
import { flattenSample } from "./builder/flatten-sample.ts";
import { fragment } from "./page-answer.ts";
import { definePage } from "./page-route.ts";

const MAX_SOURCES = 60;

/** What the expressions of a step can use: with what the last run had there, else with the connectors' samples. */
export const workflowDataPages = [
  definePage({
    method: "GET",
    path: "/workflows/:id/data",
    access: "workflow.read",
    async handle({ signedIn, params, query }, services) {
      const { scope } = signedIn;
      const { draft } = await services.drafts.open(scope, params.id);
      const { definition } = draft;
      const visible = visibleAt(definition.steps, query.get("step") ?? "") ?? { steps: [], isInLoop: false };
      const last = await lastRunOf(scope, params.id, services);
      const { connector, trigger } = definition.trigger;
      const form = await services.connectorForms.trigger(connector, trigger);

      const body = last?.trigger ?? form?.bodySample ?? null;
      const sources: DataSource[] = [
        ...(visible.isInLoop
          ? [
              {
                title: "This item of the loop",
                items: [
                  { path: "item", preview: "" },
                  { path: "index", preview: "0" },
                ],
              },
            ]
          : []),
        { title: "Trigger", items: flattenSample(body, "trigger.body") },
      ];
      // The nearest first; who wants one from far above knows its name.
      for (const step of visible.steps.toReversed().slice(0, MAX_SOURCES)) {
        const given = last ? await outputOf(scope, last, definition.steps, step.id, services) : undefined;
        const output = given ?? (await sampleOf(step, services));
        sources.push({ title: step.name ?? step.id, items: flattenSample(output, `steps.${step.id}.output`) });
      }
      sources.push(...(await variablesOf(scope, services)));
      const { DataList } = await import("../../../views/workflows/_data-list.tsx");
      return fragment(DataList({ sources, lastRunAt: last?.at ?? null }));
    },
  }),
];

interface LastRun {
  readonly id: string;
  readonly at: number;
  readonly trigger: Json;
}

async function lastRunOf(scope: Scope, workflowId: string, { runs }: Services): Promise<LastRun | null> {
  if (!scope.permissions.has("run.read")) return null;
  const page = await runs.list(scope, { workflowId, status: null }, { limit: 1, cursor: null });
  const [newest] = page.items;
  if (!newest) return null;
  const { trigger } = await runs.find(scope, newest.id);
  return { id: newest.id, at: newest.createdAt, trigger: trigger.body };
}

/** What the step gave in that run, in the first iteration of the loops around it; undefined when it gave nothing. */
async function outputOf(
  scope: Scope,
  { id }: LastRun,
  steps: readonly Step[],
  stepId: string,
  { runs }: Services,
): Promise<Json | undefined> {
  const place = ledgerPlaceOf(steps, stepId);
  if (!place) return undefined;
  const iteration = new Array<number>(place.loops).fill(0);
  const attempts = await runs.attempts(scope, id, { path: place.path, iteration });
  return attempts.findLast(({ output }) => output !== undefined)?.output;
}

/** What the step will give, as far as it can be known before it has run. */
async function sampleOf(step: Step, { connectorForms }: Services): Promise<Json> {
  switch (step.kind) {
    case "action":
      return (await connectorForms.action(step.connector, step.action))?.outputSample ?? null;
    case "set":
      return step.values;
    case "branch":
      return step.mode === "all" ? { branches: [] } : { branch: step.branches[0]?.name ?? null };
    case "parallel":
      return Object.fromEntries(step.branches.map(({ name }) => [name, null]));
    case "loop":
      return [];
    case "approval":
      return { approved: true, by: null, comment: null };
    default:
      return null;
  }
}

async function variablesOf(scope: Scope, { variables }: Services): Promise<DataSource[]> {
  if (!scope.permissions.has("variable.read")) return [];
  const known = await variables.list(scope);
  if (known.length === 0) return [];
  return [{ title: "Variables", items: known.flatMap(({ name, value }) => flattenSample(value, `vars.${name}`)) }];
}
