import type { IconName } from "../../../../views/components/icon.tsx";
import type { StepKind } from "../../../domain/workflow.ts";

interface KindLook {
  readonly title: string;
  readonly text: string;
  readonly icon: IconName;
}

/** What steps other than actions are called. */
export const STEP_KINDS: Readonly<Record<Exclude<StepKind, "action">, KindLook>> = {
  branch: { title: "Branch", text: "Goes different ways, depending on conditions.", icon: "branch" },
  loop: { title: "Loop", text: "Does the same for each item of a list.", icon: "repeat" },
  parallel: { title: "Parallel", text: "Does several things at the same time.", icon: "layers" },
  delay: { title: "Delay", text: "Waits for a time or until a moment.", icon: "clock" },
  approval: { title: "Approval", text: "Waits until a person says yes or no.", icon: "hand" },
  set: { title: "Set values", text: "Works out values for later steps.", icon: "braces" },
  code: { title: "Code", text: "Runs JavaScript in a sandbox.", icon: "code" },
  workflow: { title: "Run a workflow", text: "Starts another workflow and waits for it.", icon: "workflow" },
  respond: { title: "Respond", text: "Answers the webhook's caller.", icon: "arrow-left" },
  stop: { title: "Stop", text: "Ends the run here.", icon: "flag" },
};

export function isOwnKind(kind: string): kind is Exclude<StepKind, "action"> {
  return Object.hasOwn(STEP_KINDS, kind);
}
