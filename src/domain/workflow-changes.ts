import { type Lane, lanesOf, ROOT } from "./walk-steps.ts";
import type { Step, WorkflowDefinition } from "./workflow.ts";

/**
 * What a version of a workflow changes against the one before it, for the audit log: which parts, by step id, and what
 * people call them. Never what stands in them: both definitions are kept as versions.
 */
export type WorkflowChanges = {
  readonly trigger: boolean;
  /** The name, limits and other settings of the workflow as a whole. */
  readonly settings: boolean;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  /** Now at another place, or in another order. */
  readonly moved: boolean;
  /** Where it is another one; of the first version, from null. */
  readonly name?: FromTo;
  /** `connector/trigger`, where that is another one. */
  readonly startedBy?: FromTo;
  /** Of the steps named above by id: their name, else `connector/action` or their kind. */
  readonly titles: Readonly<Record<string, string>>;
  /** Of the changed ones, which parts: `connection`, `input.channel`. */
  readonly parts: Readonly<Record<string, readonly string[]>>;
};
type FromTo = { readonly from: string | null; readonly to: string };

/** Longer lists would make the audit log a copy of the definitions. */
const MAX_NAMED = 50;
const MAX_PARTS = 8;

export function describeChanges(before: WorkflowDefinition | null, after: WorkflowDefinition): WorkflowChanges {
  const old = placeSteps(before?.steps ?? []);
  const now = placeSteps(after.steps);
  const stayed = [...now.keys()].filter((id) => old.has(id));
  const named = (ids: readonly string[]) => ids.slice(0, MAX_NAMED);
  const added = named([...now.keys()].filter((id) => !old.has(id)));
  const removed = named([...old.keys()].filter((id) => !now.has(id)));
  const changed = named(stayed.filter((id) => !isSame(old.get(id)?.own, now.get(id)?.own)));
  const name = fromTo(before?.name ?? null, after.name);
  const startedBy = fromTo(before && starterOf(before), starterOf(after));
  return {
    trigger: !isSame(before?.trigger, after.trigger),
    settings: !isSame(settingsOf(before), settingsOf(after)),
    added,
    removed,
    changed,
    moved: !isSame(orderOf(old, now), orderOf(now, old)),
    ...(name && { name }),
    ...(startedBy && { startedBy }),
    titles: byId([...added, ...removed, ...changed], (id) => titleOf((now.get(id) ?? old.get(id))!.step)),
    parts: byId(changed, (id) => differingParts(old.get(id)!.own, now.get(id)!.own).slice(0, MAX_PARTS)),
  };
}

function fromTo(from: string | null, to: string): FromTo | null {
  return from === to ? null : { from, to };
}

function starterOf({ trigger }: WorkflowDefinition): string {
  return `${trigger.connector}/${trigger.trigger}`;
}

function titleOf(step: Step): string {
  return step.name ?? (step.kind === "action" ? `${step.connector}/${step.action}` : step.kind);
}

function byId<T>(ids: readonly string[], make: (id: string) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(ids.map((id) => [id, make(id)]));
}

/** Of an input its fields; it is the part that changes most. */
function differingParts(before: object, after: object): readonly string[] {
  const names = (one: object, other: object) => [...new Set([...Object.keys(one), ...Object.keys(other)])];
  const [old, now] = [before as Record<string, unknown>, after as Record<string, unknown>];
  return names(old, now)
    .filter((name) => name !== "labels" && !isSame(old[name], now[name]))
    .flatMap((name) => {
      const [from, to] = [old[name], now[name]];
      if (name !== "input" || !isRecord(from) || !isRecord(to)) return [name];
      return names(from, to)
        .filter((field) => !isSame(from[field], to[field]))
        .map((field) => `input.${field}`);
    });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

interface Placed {
  readonly step: Step;
  /** Of the step itself, without the steps inside of it: they are told for themselves. */
  readonly own: object;
  readonly lane: Lane;
}

function placeSteps(
  steps: readonly Step[],
  lane: Lane = ROOT,
  into = new Map<string, Placed>(),
): ReadonlyMap<string, Placed> {
  for (const step of steps) {
    into.set(step.id, { step, own: ownPart(step), lane });
    for (const inner of lanesOf(step).lanes) placeSteps(inner.steps, inner.lane, into);
  }
  return into;
}

function ownPart(step: Step): object {
  switch (step.kind) {
    case "branch": {
      const { otherwise: _, branches, ...own } = step;
      return { ...own, branches: branches.map(({ steps: _, ...branch }) => branch) };
    }
    case "parallel":
      return { ...step, branches: step.branches.map(({ steps: _, ...branch }) => branch) };
    case "loop": {
      const { steps: _, ...own } = step;
      return own;
    }
    default:
      return step;
  }
}

function settingsOf(definition: WorkflowDefinition | null): unknown {
  if (definition === null) return null;
  const { trigger: _, steps: __, ...settings } = definition;
  return settings;
}

/** Of the steps that both have, each with where it lies. */
function orderOf(steps: ReadonlyMap<string, Placed>, others: ReadonlyMap<string, Placed>): unknown {
  return [...steps].filter(([id]) => others.has(id)).map(([id, { lane }]) => [id, lane]);
}

/** As stored: fields that are undefined are none. */
function isSame(left: unknown, right: unknown): boolean {
  return Bun.deepEquals(asStored(left), asStored(right));
}

function asStored(value: unknown): unknown {
  return value === undefined ? null : JSON.parse(JSON.stringify(value));
}
