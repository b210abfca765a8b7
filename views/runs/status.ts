import type { RunSource, RunStatus, WaitingFor } from "../../src/domain/run.ts";
import type { BadgeProps } from "../components/badge.tsx";
import type { IconName } from "../components/icon.tsx";
import type { NodeStatus } from "./run-props.ts";

/** Every state in a word and a colour; the words are the same wherever a state is shown. */
const RUN_BADGES: Readonly<Record<RunStatus, BadgeProps>> = {
  queued: { tone: "neutral", label: "Queued" },
  running: { tone: "info", label: "Running", live: true },
  waiting: { tone: "warning", label: "Waiting" },
  succeeded: { tone: "success", label: "Succeeded" },
  failed: { tone: "danger", label: "Failed" },
  cancelled: { tone: "neutral", label: "Cancelled" },
  needs_review: { tone: "warning", label: "Needs review" },
};

export function runBadge(status: RunStatus): BadgeProps {
  return RUN_BADGES[status];
}

const NODE_BADGES: Readonly<Record<NodeStatus, BadgeProps>> = {
  planned: { tone: "neutral", label: "Planned" },
  started: { tone: "info", label: "Running", live: true },
  waiting: { tone: "warning", label: "Waiting" },
  succeeded: { tone: "success", label: "Succeeded" },
  failed: { tone: "danger", label: "Failed" },
  needs_review: { tone: "warning", label: "Needs review" },
  skipped: { tone: "neutral", label: "Skipped" },
  cancelled: { tone: "neutral", label: "Cancelled" },
  to_come: { tone: "neutral", label: "To come" },
  not_reached: { tone: "neutral", label: "Not reached" },
};

export function nodeBadge(status: NodeStatus): BadgeProps {
  return NODE_BADGES[status];
}

const WAITING: Readonly<Record<WaitingFor, string>> = {
  retry: "to try again",
  delay: "for its time to come",
  approval: "for somebody to approve it",
  rate_limit: "until the other system takes requests again",
  connection: "for its connection to be reconnected",
  sub_workflow: "for the workflow that it started",
};

/** Continues "Waiting …". */
export function waitingReason(reason: WaitingFor): string {
  return WAITING[reason];
}

const SOURCES: Readonly<Record<RunSource, { readonly label: string; readonly icon: IconName }>> = {
  webhook: { label: "Webhook", icon: "webhook" },
  schedule: { label: "Schedule", icon: "clock" },
  poll: { label: "Poll", icon: "repeat" },
  api: { label: "API", icon: "code" },
  manual: { label: "By hand", icon: "hand" },
  workflow: { label: "Workflow", icon: "workflow" },
  replay: { label: "Replay", icon: "rotate" },
};

export function describeSource(source: RunSource) {
  return SOURCES[source];
}
