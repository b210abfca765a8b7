import { Html } from "@elysiajs/html";
import { Tag } from "../components/badge.tsx";
import { Button, LinkButton } from "../components/button.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { type Option, Options } from "../components/field.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { Pagination } from "../components/pagination.tsx";
import { Table } from "../components/table.tsx";
import { Time } from "../components/time.tsx";
import type { EntryView } from "./audit-entry.ts";
import { EntryDetails } from "./entry.tsx";

export interface AuditPageProps {
  readonly entries: readonly EntryView[];
  readonly filter: { readonly actor: string; readonly target: string; readonly area: string; readonly since: string };
  /** What the filters' ids are called. */
  readonly filterNames: { readonly actor: string; readonly target: string };
  /** The same list with one of the filters changed. */
  readonly addressWith: (change: { readonly actor?: string; readonly target?: string }) => string;
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
export function AuditPage(props: AuditPageProps): JSX.Element {
  const { entries, filter, filterNames, addressWith, older, newest } = props;
  const isFiltered = Object.values(filter).some((value) => value !== "");
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
            <LinkButton href={addressWith({ actor: "" })} label={`By ${filterNames.actor}`} icon="x" />
          </>
        )}
        {filter.target === "" ? (
          ""
        ) : (
          <>
            <input type="hidden" name="target" value={Html.escapeHtml(filter.target)} />
            <LinkButton href={addressWith({ target: "" })} label={`About “${filterNames.target}”`} icon="x" />
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
        <div class="audit-log">
          <Table caption="Audit log, newest first" columns={COLUMNS}>
            {entries.map((entry) => (
              <EntryRow entry={entry} actorAddress={addressWith({ actor: entry.actor.id })} />
            ))}
          </Table>
        </div>
      )}
      <Pagination older={older} newest={newest} />
    </>
  );
}

function EntryRow({ entry, actorAddress }: { entry: EntryView; actorAddress: string }): JSX.Element {
  const { sentence, action, target, actor, seq, at } = entry;
  const name = target.name ?? target.id;
  return (
    <tr>
      <td class="grow">
        <span class="cell-title audit-action">
          <span safe>{sentence}</span>
          {target.href === null ? (
            <span class="audit-target" dir="auto" title={Html.escapeHtml(target.id)} safe>
              {name}
            </span>
          ) : (
            <a class="audit-target" href={target.href} dir="auto" title={Html.escapeHtml(target.id)} safe>
              {name}
            </a>
          )}
          <Tag label={action} />
        </span>
        <EntryDetails entry={entry} />
      </td>
      <td class="narrow">
        <a class="actor" href={actorAddress} title={Html.escapeHtml(`${actor.id}: show only what they did`)}>
          <span class="cell-title" dir="auto" safe>
            {actor.name}
          </span>
          <span class="cell-note" safe>
            {actor.kind}
          </span>
        </a>
      </td>
      <td class="narrow end numeric faint">{seq}</td>
      <td class="narrow end soft">
        <Time at={at} />
      </td>
    </tr>
  );
}
