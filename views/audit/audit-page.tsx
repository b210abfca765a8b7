import { Html } from "@elysiajs/html";
import type { AuditEntry } from "../../src/domain/audit.ts";
import type { Actor } from "../../src/domain/tenant.ts";
import { Tag } from "../components/badge.tsx";
import { Button, LinkButton } from "../components/button.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { type Option, Options } from "../components/field.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { Pagination } from "../components/pagination.tsx";
import { Table } from "../components/table.tsx";
import { Time } from "../components/time.tsx";

export interface AuditPageProps {
  readonly entries: readonly AuditEntry[];
  /** Of those who acted, by id. */
  readonly names: ReadonlyMap<string, string>;
  readonly filter: { readonly actor: string; readonly area: string; readonly since: string };
  readonly addressOfActor: (actor: string) => string;
  readonly older: string | null;
  readonly newest: string | null;
}

const AREAS: readonly Option[] = [
  { value: "", label: "Anything" },
  { value: "workflow", label: "Workflows" },
  { value: "run", label: "Runs" },
  { value: "approval", label: "Approvals" },
  { value: "step", label: "Reviewed steps" },
  { value: "connection", label: "Connections" },
  { value: "variable", label: "Variables" },
  { value: "api_key", label: "API keys" },
  { value: "member", label: "Members" },
  { value: "user", label: "Users" },
  { value: "operator", label: "Operators" },
  { value: "invitation", label: "Invitations" },
  { value: "session", label: "Sign-in" },
  { value: "tenant", label: "Tenant" },
];
const TIMES: readonly Option[] = [
  { value: "", label: "Any time" },
  { value: "24h", label: "Last 24 hours" },
  { value: "7d", label: "Last 7 days" },
  { value: "30d", label: "Last 30 days" },
  { value: "365d", label: "Last year" },
];
const COLUMNS = [
  { label: "What", class: "grow" },
  { label: "Who", class: "narrow" },
  { label: "No.", class: "narrow end" },
  { label: "When", class: "narrow end" },
];

/** Who did what: every change of configuration and every decision, each entry chained to the one before. */
export function AuditPage({ entries, names, filter, addressOfActor, older, newest }: AuditPageProps): JSX.Element {
  const isFiltered = filter.actor !== "" || filter.area !== "" || filter.since !== "";
  const areas = AREAS.some(({ value }) => value === filter.area)
    ? AREAS
    : [...AREAS, { value: filter.area, label: filter.area }];
  return (
    <>
      <PageHeader
        title="Audit log"
        lead="Who did what. Entries are only ever added, and each carries the hash of the one before, so that a change to the past shows."
      >
        <Button
          type="button"
          label="Check the chain"
          icon="shield"
          attrs={{ "hx-get": "/audit/verify", "hx-target": "#verdict", "hx-disable": "this" }}
        />
        <LinkButton href="/audit/export" download="" label="Export" icon="download" />
      </PageHeader>
      <div id="verdict" class="page-notice" aria-live="polite" />
      <form method="get" action="/audit" class="filters" data-auto-submit="" aria-label="Filters">
        <label>
          About
          <select class="input" name="area">
            <Options options={areas} value={filter.area} />
          </select>
        </label>
        <label>
          Time
          <select class="input" name="since">
            <Options options={TIMES} value={filter.since} />
          </select>
        </label>
        {filter.actor === "" ? (
          ""
        ) : (
          <>
            <input type="hidden" name="actor" value={Html.escapeHtml(filter.actor)} />
            <LinkButton href={addressOfActor("")} label={`By ${names.get(filter.actor) ?? filter.actor}`} icon="x" />
          </>
        )}
        {isFiltered ? <LinkButton href="/audit" label="Clear" kind="quiet" icon="x" /> : ""}
      </form>
      {entries.length === 0 ? (
        <EmptyState
          icon="search"
          title="No entry is like that"
          text="Nothing matches all of the filters. Take one away to see more."
        >
          <LinkButton href="/audit" label="Clear the filters" />
        </EmptyState>
      ) : (
        <Table caption="Audit log, newest first" columns={COLUMNS}>
          {entries.map((entry) => (
            <EntryRow
              entry={entry}
              name={names.get(entry.actor.id) ?? null}
              actorAddress={addressOfActor(entry.actor.id)}
            />
          ))}
        </Table>
      )}
      <Pagination older={older} newest={newest} />
    </>
  );
}

function EntryRow({
  entry,
  name,
  actorAddress,
}: {
  entry: AuditEntry;
  name: string | null;
  actorAddress: string;
}): JSX.Element {
  const details = Object.keys(entry.details).length === 0 ? "" : JSON.stringify(entry.details);
  return (
    <tr>
      <td class="grow">
        <span class="cell-title audit-action">
          <span safe>{sentenceOf(entry.action)}</span>
          <Tag label={entry.action} />
        </span>
        <span class="cell-note mono" dir="auto" title={Html.escapeHtml(details)} safe>
          {`${entry.target} ${details}`.trim()}
        </span>
      </td>
      <td class="narrow">
        <a class="actor" href={actorAddress} title={Html.escapeHtml(`${entry.actor.id}: show only what they did`)}>
          <span class="cell-title" dir="auto" safe>
            {name ?? ACTORS[entry.actor.kind]}
          </span>
          <span class="cell-note" safe>
            {name === null ? entry.actor.id : ACTORS[entry.actor.kind]}
          </span>
        </a>
      </td>
      <td class="narrow end numeric faint">{entry.seq}</td>
      <td class="narrow end soft">
        <Time at={entry.at} />
      </td>
    </tr>
  );
}

const ACTORS: Readonly<Record<Actor["kind"], string>> = {
  api_key: "API key",
  user: "Person",
  cli: "Command line",
  system: "The system",
};

/** `api_key.created` → "Api key created": the words of the action are its description. */
function sentenceOf(action: string): string {
  const words = action.replace(/[._]/g, " ").replace(/^api key/, "API key");
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
