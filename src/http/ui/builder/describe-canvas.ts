import type { CardIcon, CardView, LaneView, NodeView, SpotView } from "../../../../views/workflows/editor-view.ts";
import type { Spot } from "../../../domain/edit-workflow.ts";
import { type Lane, lanesOf, type NamedLane } from "../../../domain/walk-steps.ts";
import type { Step, WorkflowDefinition } from "../../../domain/workflow.ts";
import type { Problem } from "../../../domain/workflow-draft.ts";
import { saysEmpty } from "../describe-fields.ts";
import type { EditorSources } from "./editor-sources.ts";
import { type Places, type Selection, writeLane } from "./selection.ts";
import { STEP_KINDS } from "./step-kinds.ts";
import { describeCondition, summarise, summariseTrigger } from "./summaries.ts";

export interface CanvasInput {
  readonly definition: WorkflowDefinition;
  readonly problems: readonly Problem[];
  readonly selection: Selection;
  readonly moving: string | null;
  readonly places: Places;
  readonly sources: EditorSources;
}

/** The flow as nested cards. */
export async function describeCanvas(input: CanvasInput): Promise<{ trigger: CardView; root: LaneView }> {
  const { definition, problems, selection, places, sources } = input;
  const { connector, trigger } = definition.trigger;
  const form = await sources.forms.trigger(connector, trigger);
  return {
    trigger: {
      id: "trigger",
      href: places.trigger,
      title: form?.title ?? `${connector}: ${trigger}`,
      subtitle: summariseTrigger(definition.trigger, form),
      icon: { connector },
      ...troubleOf(problems.filter(({ about }) => about === "trigger")),
      isSelected: selection.kind === "trigger" || selection.kind === "choose_trigger",
      isMoving: false,
    },
    root: await describeLane(
      { lane: { parent: null, part: "steps" }, name: null, steps: definition.steps },
      null,
      new Drawing(input, await namesOf(definition, sources)),
    ),
  };
}

/** Asked for only if a step shows one. */
async function namesOf(definition: WorkflowDefinition, sources: EditorSources): Promise<ReadonlyMap<string, string>> {
  const startsOne = JSON.stringify(definition.steps).includes('"kind":"workflow"');
  const options = startsOne ? await sources.workflows() : [];
  return new Map(options.map(({ value, title }) => [value, title]));
}

class Drawing {
  readonly input: CanvasInput;
  readonly workflowNames: ReadonlyMap<string, string>;
  readonly #problems = new Map<string, Problem[]>();

  constructor(input: CanvasInput, workflowNames: ReadonlyMap<string, string>) {
    this.input = input;
    this.workflowNames = workflowNames;
    for (const problem of input.problems) {
      const { stepId } = problem;
      if (stepId !== null) this.#problems.set(stepId, [...(this.#problems.get(stepId) ?? []), problem]);
    }
  }

  spot(lane: Lane, after: string | null): SpotView {
    const { selection, places } = this.input;
    const spot: Spot = { lane, after };
    const isSelected =
      selection.kind === "add" && selection.spot.after === after && writeLane(selection.spot.lane) === writeLane(lane);
    const label = after === null ? "Add a step here, at the beginning" : `Add a step after ${after}`;
    return { lane: writeLane(lane), after: after ?? "", addHref: places.add(spot), isSelected, label };
  }

  async card(step: Step): Promise<CardView> {
    const { selection, moving, places, sources } = this.input;
    const action = step.kind === "action" ? await sources.action(step.connector, step.action) : null;
    return {
      id: step.id,
      href: places.step(step.id),
      title: step.name ?? (step.kind === "action" ? (action?.title ?? step.action) : STEP_KINDS[step.kind].title),
      subtitle: summarise(step, action, this.workflowNames),
      icon: iconOf(step),
      ...troubleOf(this.#problems.get(step.id) ?? []),
      isSelected: (selection.kind === "step" || selection.kind === "change") && selection.stepId === step.id,
      isMoving: moving === step.id,
    };
  }
}

function troubleOf(problems: readonly Problem[]): Pick<CardView, "problems" | "isOnlyEmpty"> {
  return { problems: problems.length, isOnlyEmpty: problems.every(({ message }) => saysEmpty(message)) };
}

export function iconOf(step: Step): CardIcon {
  return step.kind === "action" ? { connector: step.connector } : { icon: STEP_KINDS[step.kind].icon };
}

async function describeLane(list: NamedLane, holder: Step | null, drawing: Drawing): Promise<LaneView> {
  const steps: NodeView[] = [];
  for (const step of list.steps) {
    steps.push({
      card: await drawing.card(step),
      lanes: await Promise.all(lanesOf(step).lanes.map((lane) => describeLane(lane, step, drawing))),
      isSideBySide: step.kind !== "loop",
      end: drawing.spot(list.lane, step.id),
    });
  }
  return { ...titleOf(list, holder), begin: drawing.spot(list.lane, null), steps };
}

function titleOf({ lane, name }: NamedLane, holder: Step | null): Pick<LaneView, "title" | "condition"> {
  if (!holder) return { title: null, condition: null };
  if (holder.kind === "loop") return { title: "For each item", condition: null };
  if (lane.part === "otherwise") return { title: "Otherwise", condition: null };
  const branch = holder.kind === "branch" ? holder.branches[Number(lane.part)] : undefined;
  return { title: name, condition: branch ? describeCondition(branch.when) : null };
}
