import type { DataSource } from "../../../views/workflows/_data-list.tsx";
import type { Json } from "../../domain/json.ts";
import type { Scope } from "../../domain/tenant.ts";
import { visibleAt } from "../../domain/visible-data.ts";
import type { Step } from "../../domain/workflow.ts";
import type { Services } from "../services.ts";
import { flattenSample } from "./builder/flatten-sample.ts";
import { fragment } from "./page-answer.ts";
import { definePage } from "./page-route.ts";

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
      for (const step of visible.steps.toReversed()) {
        const output = last?.outputs.get(step.id) ?? (await sampleOf(step, services));
        sources.push({ title: step.name ?? step.id, items: flattenSample(output, `steps.${step.id}.output`) });
      }
      sources.push(...(await variablesOf(scope, services)));
      const { DataList } = await import("../../../views/workflows/_data-list.tsx");
      return fragment(DataList({ sources, lastRunAt: last?.at ?? null }));
    },
  }),
];

interface LastRun {
  readonly at: number;
  readonly trigger: Json;
  readonly outputs: ReadonlyMap<string, Json>;
}

async function lastRunOf(scope: Scope, workflowId: string, { runs }: Services): Promise<LastRun | null> {
  if (!scope.permissions.has("run.read")) return null;
  const page = await runs.list(scope, { workflowId, status: null }, { limit: 1, cursor: null });
  const [newest] = page.items;
  if (!newest) return null;
  const { run, steps } = await runs.findWithSteps(scope, newest.id);
  const outputs = new Map<string, Json>();
  for (const { path, output } of steps) if (output !== undefined) outputs.set(path.split("/").at(-1)!, output);
  return { at: newest.createdAt, trigger: run.trigger.body, outputs };
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
