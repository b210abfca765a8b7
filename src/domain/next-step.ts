import type { Json } from "./json.ts";
import { placeKey } from "./run.ts";
import type { Step } from "./workflow.ts";

/**
 * Which steps of a run come next. Pure bookkeeping without I/O: the caller takes tasks from `ready`, performs them,
 * and tells the tree how each ended; the tree answers with more ready tasks, containers that closed, and in the end
 * the outcome.
 *
 *   startTree ─► ready ─► (caller performs) ─► completeTask / openBranches / openLoop / stopTree
 *                  ▲                                  │
 *                  └──────────────────────────────────┘
 *
 * A completed step costs the same whether its loop has 100 or 10,000 items: a sequence remembers where it is, and a
 * closing container touches only its parent.
 */
export interface Tree {
  /** Tasks to perform, oldest first. The caller shifts them off. */
  readonly ready: Task[];
  /** Containers whose inner steps have all ended, with their output, to be recorded. */
  readonly closed: ClosedContainer[];
  /** Set when the last step has ended or a step stopped the run. */
  outcome: Outcome | null;
}

export interface Outcome {
  readonly status: "succeeded" | "failed";
  readonly output: Json;
}

export interface ClosedContainer {
  readonly task: Task;
  readonly output: Json;
}

/** A step to be performed at one place. */
export interface Task {
  readonly step: Step;
  readonly path: string;
  readonly iteration: readonly number[];
  readonly key: string;
  readonly env: Env;
  readonly sequence: Sequence;
}

export interface StepView {
  readonly output?: Json;
  readonly error?: Json;
}

/** What expressions see at a place: results of earlier steps, and `item`/`index` inside a loop. */
export interface Env {
  readonly parent: Env | null;
  readonly steps: Map<string, StepView>;
  readonly item: Json | undefined;
  readonly index: number | undefined;
}

export function findStep(env: Env, stepId: string): StepView | undefined {
  for (let at: Env | null = env; at; at = at.parent) {
    const view = at.steps.get(stepId);
    if (view) return view;
  }
  return undefined;
}

/** A list of steps in progress. */
interface Sequence {
  readonly steps: readonly Step[];
  readonly prefix: string;
  readonly iteration: readonly number[];
  readonly env: Env;
  readonly container: Container | null;
  /** Which branch or loop item of the container this is. */
  readonly slot: number;
  position: number;
  lastOutput: Json;
}

/** A branch, parallel or loop step with inner sequences in progress. */
interface Container {
  readonly task: Task;
  readonly outputs: Json[];
  /** Turns the slots' last outputs into the step's output. */
  readonly collect: (outputs: readonly Json[]) => Json;
  readonly items: readonly Json[] | null;
  nextItem: number;
  running: number;
}

export function startTree(steps: readonly Step[]): Tree {
  const tree: Tree = { ready: [], closed: [], outcome: null };
  const env: Env = { parent: null, steps: new Map(), item: undefined, index: undefined };
  advance(tree, { steps, prefix: "", iteration: [], env, container: null, slot: 0, position: 0, lastOutput: null });
  return tree;
}

/** The step ended with this output; the next step of its sequence becomes ready. */
export function completeTask(tree: Tree, task: Task, output: Json): void {
  task.env.steps.set(task.step.id, { output });
  task.sequence.lastOutput = output;
  advance(tree, task.sequence);
}

/** The step failed but has `onError: "continue"`: later steps read `steps.<id>.error`. */
export function continueAfterError(tree: Tree, task: Task, error: Json): void {
  task.env.steps.set(task.step.id, { output: null, error });
  task.sequence.lastOutput = null;
  advance(tree, task.sequence);
}

/**
 * Starts inner sequences side by side. `output` is known from the start for a branch step; for a parallel step it is
 * collected from the slots when the last one ends.
 */
export function openBranches(
  tree: Tree,
  task: Task,
  sequences: readonly (readonly Step[])[],
  collect: (outputs: readonly Json[]) => Json,
): void {
  const container: Container = {
    task,
    outputs: sequences.map(() => null),
    collect,
    items: null,
    nextItem: 0,
    running: sequences.length,
  };
  if (sequences.length === 0) return closeContainer(tree, container);
  sequences.forEach((steps, slot) => {
    advance(tree, {
      steps,
      prefix: `${task.path}/`,
      iteration: task.iteration,
      env: task.env,
      container,
      slot,
      position: 0,
      lastOutput: null,
    });
  });
}

/** Makes the result of a branch step visible to its own inner steps, before they run. */
export function publishOutput(task: Task, output: Json): void {
  task.env.steps.set(task.step.id, { output });
}

/** Starts a loop: at most `maxConcurrency` items are in progress at a time. */
export function openLoop(tree: Tree, task: Task, items: readonly Json[], maxConcurrency: number): void {
  const container: Container = {
    task,
    outputs: new Array<Json>(items.length).fill(null),
    collect: (outputs) => outputs,
    items,
    nextItem: 0,
    running: 0,
  };
  // An empty body would end each item inside the call that starts it: ten thousand stack frames.
  const { steps } = task.step as Extract<Step, { kind: "loop" }>;
  if (items.length === 0 || steps.length === 0) return closeContainer(tree, container);
  while (container.running < maxConcurrency && container.nextItem < items.length) startNextItem(tree, container);
}

/** Ends the run: tasks that have not started are dropped, the caller lets those in flight finish. */
export function stopTree(tree: Tree, outcome: Outcome): void {
  tree.outcome ??= outcome;
  tree.ready.length = 0;
}

function startNextItem(tree: Tree, container: Container): void {
  const index = container.nextItem;
  const { task } = container;
  container.nextItem += 1;
  container.running += 1;
  const step = task.step as Extract<Step, { kind: "loop" }>;
  advance(tree, {
    steps: step.steps,
    prefix: `${task.path}/`,
    iteration: [...task.iteration, index],
    env: { parent: task.env, steps: new Map(), item: container.items?.[index] ?? null, index },
    container,
    slot: index,
    position: 0,
    lastOutput: null,
  });
}

function advance(tree: Tree, sequence: Sequence): void {
  if (tree.outcome) return;
  const step = sequence.steps[sequence.position];
  if (!step) return endSequence(tree, sequence);
  sequence.position += 1;
  const path = sequence.prefix + step.id;
  const { iteration, env } = sequence;
  tree.ready.push({ step, path, iteration, key: placeKey(path, iteration), env, sequence });
}

function endSequence(tree: Tree, sequence: Sequence): void {
  const { container } = sequence;
  if (!container) {
    tree.outcome = { status: "succeeded", output: sequence.lastOutput };
    return;
  }
  container.outputs[sequence.slot] = sequence.lastOutput;
  container.running -= 1;
  if (container.items && container.nextItem < container.items.length) startNextItem(tree, container);
  else if (container.running === 0) closeContainer(tree, container);
}

/** Recorded by the caller through `closed`, then the sequence around the container goes on. */
function closeContainer(tree: Tree, container: Container): void {
  const output = container.collect(container.outputs);
  tree.closed.push({ task: container.task, output });
  completeTask(tree, container.task, output);
}
