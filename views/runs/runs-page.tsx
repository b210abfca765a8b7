import { Html } from "@elysiajs/html";
import { Badge } from "../components/badge.tsx";
import { LinkButton } from "../components/button.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { type Option, Options } from "../components/field.tsx";
import { Icon } from "../components/icon.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { Pagination } from "../components/pagination.tsx";
import { RowTitle, Table } from "../components/table.tsx";
import { formatDuration, Time } from "../components/time.tsx";
import type { RunHead } from "./run-props.ts";
import { describeSource, runBadge, waitingReason } from "./status.ts";

export interface RunsPageProps {
  /** Where this very page is. */
  readonly address: string;
  readonly runs: readonly RunHead[];
  readonly filter: { readonly status: string; readonly workflow: string; readonly since: string };
  readonly workflows: readonly Option[];
  readonly older: string | null;
  /** Null on the first page, which shows new runs as they come. */
  readonly newest: string | null;
}

const STATUSES: readonly Option[] = [
  { value: "", label: "Any status" },
  { value: "needs_review", label: "Needs review" },
  { value: "failed", label: "Failed" },
  { value: "waiting", label: "Waiting" },
  { value: "running", label: "Running" },
  { value: "queued", label: "Queued" },
  { value: "succeeded", label: "Succeeded" },
  { value: "cancelled", label: "Cancelled" },
];
const TIMES: readonly Option[] = [
  { value: "", label: "Any time" },
  { value: "1h", label: "Last hour" },
  { value: "24h", label: "Last 24 hours" },
  { value: "7d", label: "Last 7 days" },
  { value: "30d", label: "Last 30 days" },
];

/** Every run of the workspace, newest first; new ones come in by themselves. */
export function RunsPage(props: RunsPageProps): JSX.Element {
  const { filter, runs, address, newest } = props;
  const isFiltered = filter.status !== "" || filter.workflow !== "" || filter.since !== "";
  return (
    <>
      <PageHeader title="Runs" lead="What your workflows have done, are doing and wait for." />
      <form method="get" action="/runs" class="filters" data-auto-submit="" aria-label="Filters">
        <Filter name="status" label="Status" options={STATUSES} value={filter.status} />
        <Filter name="workflow" label="Workflow" options={props.workflows} value={filter.workflow} />
        <Filter name="since" label="Time" options={TIMES} value={filter.since} />
        <noscript>
          <button class="button" type="submit">
            Apply
          </button>
        </noscript>
        {isFiltered ? <LinkButton href="/runs" label="Clear" kind="quiet" icon="x" /> : ""}
      </form>
      {newest === null ? <div id="live" hx-sse:connect="/runs/live" hx-swap="none" /> : ""}
      <div
        id="runs"
        {...(newest === null && {
          "hx-get": address,
          "hx-trigger": "changed from:#live",
          "hx-select": "#runs",
          "hx-target": "this",
          "hx-swap": "outerMorph",
          "hx-sync": "this:queue last",
        })}
      >
        {runs.length === 0 ? <NoRuns isFiltered={isFiltered} /> : <RunTable runs={runs} />}
        <Pagination older={props.older} newest={newest} />
      </div>
    </>
  );
}

function Filter({
  name,
  label,
  options,
  value,
}: {
  name: string;
  label: string;
  options: readonly Option[];
  value: string;
}): JSX.Element {
  return (
    <label>
      <span safe>{label}</span>
      <select class="input" name={name}>
        <Options options={options} value={value} />
      </select>
    </label>
  );
}

function NoRuns({ isFiltered }: { isFiltered: boolean }): JSX.Element {
  if (isFiltered) {
    return (
      <EmptyState
        icon="search"
        title="No run is like that"
        text="Nothing matches all of the filters. Take one away to see more."
      >
        <LinkButton href="/runs" label="Clear the filters" />
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon="activity"
      title="Nothing has run yet"
      text="Publish a workflow and set off its trigger, for example by calling its webhook. The run appears here at once."
    >
      <LinkButton href="/workflows" label="Go to the workflows" kind="primary" />
    </EmptyState>
  );
}

const COLUMNS = [
  { label: "Status", class: "narrow" },
  { label: "Workflow", class: "grow" },
  { label: "Started by", class: "narrow" },
  { label: "Duration", class: "narrow end" },
  { label: "When", class: "narrow end" },
];

function RunTable({ runs }: { runs: readonly RunHead[] }): JSX.Element {
  return (
    <Table caption="Runs, newest first" columns={COLUMNS}>
      {runs.map((run) => (
        <RunRow run={run} />
      ))}
    </Table>
  );
}

function RunRow({ run }: { run: RunHead }): JSX.Element {
  const source = describeSource(run.source);
  return (
    <tr id={run.id}>
      <td class="narrow">
        <Badge {...runBadge(run.status)} />
      </td>
      <td class="grow">
        <RowTitle href={`/runs/${run.id}`} title={run.workflowName} note={noteOf(run)} />
      </td>
      <td class="narrow">
        <span class="with-icon soft">
          <Icon name={source.icon} />
          <span safe>{source.label}</span>
        </span>
      </td>
      <td class="narrow end numeric soft" safe>
        {run.startedAt === null || run.finishedAt === null ? "" : formatDuration(run.finishedAt - run.startedAt)}
      </td>
      <td class="narrow end soft">
        <Time at={run.createdAt} />
      </td>
    </tr>
  );
}

function noteOf({ error, waitingFor, id }: RunHead): string {
  if (error) return error.message;
  return waitingFor ? `Waits ${waitingReason(waitingFor)}` : id;
}
