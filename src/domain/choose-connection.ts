import { type Edited, replaceStep } from "./edit-workflow.ts";
import { findStep } from "./walk-steps.ts";
import type { ActionStep, TriggerDefinition, WorkflowDefinition } from "./workflow.ts";

/** What works through a connection: the step of that id, or with null the trigger. */
export type ConnectionUser = string | null;

/** The part of the definition; null when there is none, or when it is of a kind that has no connection. */
export function findConnectionUser(
  { trigger, ...definition }: WorkflowDefinition,
  user: ConnectionUser,
): ActionStep | TriggerDefinition | null {
  if (user === null) return trigger;
  const step = findStep({ trigger, ...definition }, user);
  return step?.kind === "action" ? step : null;
}

/** With null, it is chosen no more. Whether the connection is there is for the definition's check to say. */
export function chooseConnection(
  definition: WorkflowDefinition,
  user: ConnectionUser,
  connection: string | null,
): Edited {
  const { connection: _, ...rest } = findConnectionUser(definition, user) ?? {};
  const chosen = { ...rest, ...(connection !== null && { connection }) };
  if (user === null) return { ok: true, definition: { ...definition, trigger: chosen as TriggerDefinition } };
  if (!("kind" in chosen)) return { ok: false, message: `There is no step "${user}" that uses a connection.` };
  return replaceStep(definition, chosen as ActionStep);
}
