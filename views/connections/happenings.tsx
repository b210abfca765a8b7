import { Html } from "@elysiajs/html";
import type { ConnectionEvent } from "../../src/domain/connection.ts";
import type { EntryView } from "../audit/audit-entry.ts";
import { Badge } from "../components/badge.tsx";
import { Card } from "../components/card.tsx";
import { Time } from "../components/time.tsx";

const EVENTS = {
  refresh_failed: { tone: "warning", label: "Not renewed" },
  refused: { tone: "warning", label: "Call refused" },
  needs_reconnect: { tone: "danger", label: "Ended" },
  reconnected: { tone: "success", label: "Reconnected" },
  not_revoked: { tone: "warning", label: "Not taken back" },
  revoked: { tone: "success", label: "Taken back" },
  left_registered: { tone: "warning", label: "Left there" },
} as const;

/** What happened to it at its provider. */
export function EventsCard({ events, isFine }: { events: readonly ConnectionEvent[]; isFine: boolean }): JSX.Element {
  return (
    <Card id="events-title" title="What happened lately">
      {events.length === 0 ? (
        <p class="faint">{isFine ? "Nothing went wrong." : "Nothing beside what stands above."}</p>
      ) : (
        <ul class="plain-list events">
          {events.map(({ at, kind, message }) => (
            <li>
              <Badge {...EVENTS[kind]} />
              <span safe>{message}</span>
              <span class="faint">
                <Time at={at} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

const DEEDS: Readonly<Record<string, string>> = {
  "connection.created": "Connected",
  "connection.updated": "Changed",
  "connection.reconnected": "Reconnected",
  "connection.broken": "Access ended",
  "connection.tested": "Tested, and it works",
  "connection.test_failed": "Tested, and it does not work",
};

/** Who has connected it, tested it, changed it. */
export function HistoryCard({ id, entries }: { id: string; entries: readonly EntryView[] }): JSX.Element {
  return (
    <Card
      id="history-title"
      title="Who did what"
      aside={{ text: "All of it in the audit log", href: `/audit?target=${id}` }}
    >
      {entries.length === 0 ? (
        <p class="faint">Nothing is in the audit log about it.</p>
      ) : (
        <ul class="plain-list history-entries">
          {entries.map(({ action, sentence, lines, actor, at }) => (
            <li>
              <span class="history-what">
                <span safe>{DEEDS[action] ?? sentence}</span>
                {/* What it was made with stands above. */}
                {(action === "connection.created" ? [] : lines).map((line) => (
                  <span class="faint" dir="auto" safe>
                    {line}
                  </span>
                ))}
              </span>
              <span class="history-who" dir="auto" title={Html.escapeHtml(actor.id)} safe>
                {actor.name}
              </span>
              <span class="faint">
                <Time at={at} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
