import type { Connection } from "../../src/domain/connection.ts";
import type { BadgeProps } from "../components/badge.tsx";

/** The state of a connection in a word. */
export function stateBadge({ state, refreshFailures }: Pick<Connection, "state" | "refreshFailures">): BadgeProps {
  if (state === "needs_reconnect") return { tone: "danger", label: "Needs reconnecting" };
  return refreshFailures > 0
    ? { tone: "warning", label: "Cannot be renewed now" }
    : { tone: "success", label: "Connected" };
}
