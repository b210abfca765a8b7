import type { Spot } from "../../../domain/edit-workflow.ts";
import type { Lane } from "../../../domain/walk-steps.ts";

/** What the editor's panel shows, as it stands in the address. */
export type Selection =
  | { readonly kind: "none" }
  | { readonly kind: "trigger" }
  | { readonly kind: "step"; readonly stepId: string }
  /** Choosing what to put at a place; with `connector`, which of its actions. */
  | { readonly kind: "add"; readonly spot: Spot; readonly connector: string | null }
  /** Choosing another action, or kind, for a step. */
  | { readonly kind: "change"; readonly stepId: string; readonly connector: string | null }
  | { readonly kind: "choose_trigger"; readonly connector: string | null };

export function readSelection(query: URLSearchParams): Selection {
  const connector = query.get("connector");
  const [add, change, stepId] = [query.get("add"), query.get("change"), query.get("step")];
  if (add !== null) return { kind: "add", spot: readSpot(add, query.get("after") ?? ""), connector };
  if (change !== null) return { kind: "change", stepId: change, connector };
  if (query.has("choose-trigger")) return { kind: "choose_trigger", connector };
  if (query.has("trigger")) return { kind: "trigger" };
  return stepId === null ? { kind: "none" } : { kind: "step", stepId };
}

/** A place as the form and the address name it: `""`, `each/steps`, `region/0`, `region/otherwise`. */
export function readSpot(lane: string, after: string): Spot {
  return { lane: readLane(lane), after: after === "" ? null : after };
}

export function writeLane({ parent, part }: Lane): string {
  return parent === null ? "" : `${parent}/${part}`;
}

function readLane(text: string): Lane {
  const slash = text.indexOf("/");
  if (slash === -1) return { parent: null, part: "steps" };
  const part = text.slice(slash + 1);
  return { parent: text.slice(0, slash), part: part === "otherwise" || part === "steps" ? part : Number(part) };
}

/** Addresses within one workflow's editor. */
export function createPlaces(workflowId: string) {
  const root = `/workflows/${workflowId}`;
  const at = (query: Readonly<Record<string, string>>) => `${root}?${new URLSearchParams(query)}`;
  return {
    root,
    step: (stepId: string) => at({ step: stepId }),
    trigger: at({ trigger: "" }),
    add: (spot: Spot) => at({ add: writeLane(spot.lane), after: spot.after ?? "" }),
    change: (stepId: string) => at({ change: stepId }),
    chooseTrigger: at({ "choose-trigger": "" }),
    /** The step again, with the fields that its account decides about. */
    ask: (stepId: string) => at({ step: stepId, ask: "" }),
    /** Where a new connection has just been chosen, instead of the one before or of none (`""`). */
    connected: (stepId: string | null, connected: string, before: string) =>
      at({ ...(stepId === null ? { trigger: "" } : { step: stepId }), connected, before }),
    /** What the connected account offers for a field of a step's input, or of the trigger's. */
    choices: (stepId: string | null, field: string, search = "", cursor: string | null = null) => {
      const asked = { ...(stepId !== null && { step: stepId }), field, ...(search !== "" && { search }) };
      return `${root}/choices?${new URLSearchParams({ ...asked, ...(cursor !== null && { cursor }) })}`;
    },
  };
}
export type Places = ReturnType<typeof createPlaces>;
