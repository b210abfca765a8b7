import type { LoopView, StepGroup, StepNode } from "../../../../views/runs/run-props.ts";
import { isFinal, placeKey, type Run } from "../../../domain/run.ts";
import type { StepLine } from "../../../domain/run-view-store.ts";
import type { Scope } from "../../../domain/tenant.ts";
import { innerSequences } from "../../../domain/walk-steps.ts";
import type { LoopStep, Step } from "../../../domain/workflow.ts";
import type { RunReader } from "../../../engine/read-runs.ts";
import { attemptsMade, isNewer, statusOf } from "../../api/show-steps.ts";
import { encodeStepRowId } from "../../api/step-row-id.ts";
import { describeKind } from "./describe-step.ts";
import { addressOfIteration, addressOfStep, type RunLook } from "./run-address.ts";

/** So many iterations with trouble are offered by number. */
const MAX_TROUBLED = 12;

export interface TreeDeps {
  readonly runs: RunReader;
  readonly scope: Scope;
  readonly run: Run;
  readonly look: RunLook;
}

/**
 * The steps of a run as the workflow has them, each with how it stands. Of a loop one iteration is shown at a time, so
 * that the tree is never larger than the workflow, over however many items it goes.
 */
export async function buildTree(steps: readonly Step[], deps: TreeDeps): Promise<readonly StepNode[]> {
  return buildLevel(steps, "", [], deps);
}

/** The steps that share an iteration: branches are walked into, loops are not. */
async function buildLevel(
  steps: readonly Step[],
  prefix: string,
  iteration: readonly number[],
  deps: TreeDeps,
): Promise<readonly StepNode[]> {
  const { runs, scope, run } = deps;
  const lines = await runs.lines(scope, run.id, pathsOfLevel(steps, prefix), [iteration]);
  const newest = new Map<string, StepLine>();
  for (const line of lines) {
    if (line.state === "prior") continue;
    const held = newest.get(line.path);
    if (!held || isNewer(line, held)) newest.set(line.path, line);
  }
  return Promise.all(steps.map((step) => buildNode(step, prefix, iteration, newest, deps)));
}

function pathsOfLevel(steps: readonly Step[], prefix: string): string[] {
  return steps.flatMap((step) => {
    const path = prefix + step.id;
    if (step.kind === "loop") return [path];
    return [path, ...innerSequences(step).flatMap((inner) => pathsOfLevel(inner.steps, `${path}/`))];
  });
}

async function buildNode(
  step: Step,
  prefix: string,
  iteration: readonly number[],
  newest: ReadonlyMap<string, StepLine>,
  deps: TreeDeps,
): Promise<StepNode> {
  const { run, look } = deps;
  const path = prefix + step.id;
  const line = newest.get(path);
  const place = { path, iteration };
  const inner = (steps: readonly Step[]) =>
    Promise.all(steps.map((each) => buildNode(each, `${path}/`, iteration, newest, deps)));
  return {
    title: step.name ?? step.id,
    kind: step.kind,
    about: describeKind(step),
    status: line ? statusOf(line, run.status) : isFinal(run.status) ? "not_reached" : "to_come",
    waitingFor: line && !isFinal(run.status) ? line.waitingFor : null,
    attempts: line ? attemptsMade(line) : 0,
    durationMs: line?.startedAt != null && line.finishedAt !== null ? line.finishedAt - line.startedAt : null,
    problem: line?.error?.message ?? null,
    href: line ? addressOfStep(look, place) : null,
    isSelected: look.step === encodeStepRowId(place),
    groups: await Promise.all(
      groupsOf(step).map(
        async (group): Promise<StepGroup> => ({ label: group.label, steps: await inner(group.steps) }),
      ),
    ),
    loop: step.kind === "loop" && line ? await buildLoop(step, path, iteration, line, deps) : null,
  };
}

function groupsOf(step: Step): { readonly label: string; readonly steps: readonly Step[] }[] {
  if (step.kind === "branch")
    return [
      ...step.branches.map(({ name, steps }) => ({ label: name, steps })),
      ...(step.otherwise ? [{ label: "Otherwise", steps: step.otherwise }] : []),
    ];
  return step.kind === "parallel" ? step.branches.map(({ name, steps }) => ({ label: name, steps })) : [];
}

async function buildLoop(
  step: LoopStep,
  path: string,
  around: readonly number[],
  line: StepLine,
  deps: TreeDeps,
): Promise<LoopView> {
  const { runs, scope, run, look } = deps;
  const body = { paths: allPaths(step.steps, `${path}/`), around };
  const { begun, troubled } = await runs.loopProgress(scope, run.id, body, MAX_TROUBLED);
  const total = line.items ?? begun;
  const wanted = look.at.get(path) ?? troubled[0] ?? (isFinal(run.status) ? 0 : Math.max(0, begun - 1));
  const index = Math.min(wanted, Math.max(0, total - 1));
  const at = (to: number) => (to < 0 || to >= total ? null : addressOfIteration(look, path, to));
  return {
    id: placeKey(path, around).replace(/[^A-Za-z0-9_-]/g, "-"),
    path,
    index,
    total,
    begun,
    previous: at(index - 1),
    next: at(index + 1),
    troubled: troubled.map((each) => ({ index: each, href: addressOfIteration(look, path, each) })),
    /** What a form that goes to another iteration keeps. */
    kept: [...look.at].filter(([other]) => other !== path).map(([other, value]) => `${other}:${value}`),
    steps: total === 0 ? [] : await buildLevel(step.steps, `${path}/`, [...around, index], deps),
  };
}

function allPaths(steps: readonly Step[], prefix: string): string[] {
  return steps.flatMap((step) => {
    const path = prefix + step.id;
    return [path, ...innerSequences(step).flatMap((inner) => allPaths(inner.steps, `${path}/`))];
  });
}
