import { Html } from "@elysiajs/html";
import type { RecentRun, WorkflowLine } from "../../src/domain/workflow-view-store.ts";
import { Badge, type BadgeProps } from "../components/badge.tsx";
import { Button, DialogButton, LinkButton } from "../components/button.tsx";
import { FormDialog } from "../components/dialog.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { Checkbox, TextField } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { Icon } from "../components/icon.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { Pagination } from "../components/pagination.tsx";
import { SharedConfirm, SharedConfirmButton } from "../components/shared-confirm.tsx";
import { RowTitle, Table } from "../components/table.tsx";
import { Time } from "../components/time.tsx";
import { runBadge } from "../runs/status.ts";
import { ImportDialog } from "./import-dialog.tsx";
import { RunHistory } from "./run-history.tsx";

export interface WorkflowsPageProps {
  /** Where this very page is. */
  readonly address: string;
  readonly workflows: readonly (WorkflowLine & { readonly recent: readonly RecentRun[] })[];
  readonly search: string;
  readonly older: string | null;
  readonly newest: string | null;
  readonly csrf: string;
  readonly mayWrite: boolean;
}

const COLUMNS = [
  { label: "Workflow", class: "grow" },
  { label: "State", class: "narrow" },
  { label: "Last run", class: "narrow" },
  { label: "Last 20 runs", class: "narrow" },
  { label: "Actions", class: "narrow end", hidden: true },
];

/** The workflows of the workspace, and for the newcomer the way to the first one. */
export function WorkflowsPage(props: WorkflowsPageProps): JSX.Element {
  const { workflows, search, newest, mayWrite, csrf } = props;
  const isNew = workflows.length === 0 && search === "" && newest === null;
  return (
    <>
      <PageHeader title="Workflows" lead="When something happens here, do that there.">
        {mayWrite ? <DialogButton dialog="import-workflow" label="Import" kind="quiet" icon="braces" /> : ""}
        {mayWrite && !isNew ? (
          <DialogButton dialog="new-workflow" label="New workflow" icon="plus" kind="primary" />
        ) : (
          ""
        )}
      </PageHeader>
      {isNew ? (
        <FirstWorkflow csrf={csrf} mayWrite={mayWrite} />
      ) : (
        <>
          <Search search={search} />
          <WorkflowList {...props} />
        </>
      )}
      {mayWrite ? <NewWorkflowDialog csrf={csrf} /> : ""}
      {mayWrite ? <ImportDialog csrf={csrf} /> : ""}
      {mayWrite ? (
        <SharedConfirm
          id="delete-workflow"
          title="Delete this workflow?"
          text="Its trigger is switched off at once. Runs that have started go on, and all its runs stay readable."
          confirmLabel="Delete the workflow"
          csrf={csrf}
        />
      ) : (
        ""
      )}
    </>
  );
}

function Search({ search }: { search: string }): JSX.Element {
  return (
    <form method="get" action="/workflows" class="filters">
      <label class="search">
        <span class="visually-hidden">Search by name</span>
        <Icon name="search" />
        <input class="input" type="search" name="search" placeholder="Search by name" value={Html.escapeHtml(search)} />
      </label>
      {search === "" ? "" : <LinkButton href="/workflows" label="Clear" kind="quiet" icon="x" />}
    </form>
  );
}

function WorkflowList({ address, workflows, search, older, newest, csrf, mayWrite }: WorkflowsPageProps): JSX.Element {
  return (
    <>
      {newest === null ? <div id="live" hx-sse:connect="/runs/live" hx-swap="none" /> : ""}
      <div
        id="workflows"
        {...(newest === null && {
          "hx-get": address,
          "hx-trigger": "changed from:#live throttle:2s",
          "hx-select": "#workflows",
          "hx-target": "this",
          "hx-swap": "outerMorph",
          "hx-sync": "this:queue last",
        })}
      >
        {workflows.length === 0 ? (
          <EmptyState icon="search" title="No workflow has that in its name" text={`Nothing is called “${search}”.`}>
            <LinkButton href="/workflows" label="Show all" />
          </EmptyState>
        ) : (
          <Table caption="Workflows, newest first" columns={COLUMNS}>
            {workflows.map((workflow) => (
              <WorkflowRow workflow={workflow} csrf={csrf} mayWrite={mayWrite} />
            ))}
          </Table>
        )}
        <Pagination older={older} newest={newest} />
      </div>
    </>
  );
}

function WorkflowRow({
  workflow,
  csrf,
  mayWrite,
}: {
  workflow: WorkflowsPageProps["workflows"][number];
  csrf: string;
  mayWrite: boolean;
}): JSX.Element {
  const { id, name, trigger, recent } = workflow;
  const [last] = recent;
  return (
    <tr id={id}>
      <td class="grow">
        <RowTitle href={`/workflows/${id}`} title={name} note={`${trigger.connector} · ${trigger.trigger}`} />
      </td>
      <td class="narrow">
        <Badge {...stateBadge(workflow)} />
      </td>
      <td class="narrow">
        {last ? (
          <a class="last-run" href={`/runs/${last.id}`}>
            <Badge {...runBadge(last.status)} />
            <Time at={last.createdAt} />
          </a>
        ) : (
          ""
        )}
      </td>
      <td class="narrow">
        <a class="history-link" href={`/runs?workflow=${id}`}>
          <RunHistory runs={recent} />
        </a>
      </td>
      <td class="narrow end">
        {mayWrite ? (
          <span class="row-actions">
            <Form action={`/workflows/${id}/duplicate`} csrf={csrf} class="inline">
              <Button kind="quiet" size="small" icon="copy" iconOnly label={`Duplicate ${name}`} />
            </Form>
            <SharedConfirmButton
              dialog="delete-workflow"
              action={`/workflows/${id}/delete`}
              subject={name}
              label={`Delete ${name}`}
              icon="trash"
            />
          </span>
        ) : (
          ""
        )}
      </td>
    </tr>
  );
}

function stateBadge({ publishedVersion, hasChanges }: WorkflowLine): BadgeProps {
  if (publishedVersion === null) return { tone: "neutral", label: "Not published" };
  if (hasChanges) return { tone: "info", label: "Changes to publish" };
  return { tone: "success", label: `Published v${publishedVersion}` };
}

function FirstWorkflow({ csrf, mayWrite }: { csrf: string; mayWrite: boolean }): JSX.Element {
  if (!mayWrite) {
    return (
      <EmptyState
        icon="workflow"
        title="No workflows yet"
        text="Somebody who may build workflows has to make the first one. You see it here as soon as it is there."
      />
    );
  }
  return (
    <section class="first-workflow" aria-labelledby="first-title">
      <div class="first-intro">
        <h2 id="first-title">Make your first workflow</h2>
        <p class="soft">
          Begin with one that works, change an address in it, publish it, and watch it run. It takes about two minutes.
        </p>
      </div>
      <div class="template-cards">
        <Form action="/workflows" csrf={csrf} class="card template-card">
          <input type="hidden" name="template" value="starter" />
          <input type="hidden" name="name" value="Starter workflow" />
          <span class="template-mark" aria-hidden="true">
            <Icon name="webhook" />
            <Icon name="chevron-right" />
            <Icon name="branch" />
            <Icon name="chevron-right" />
            <Icon name="globe" />
          </span>
          <h3>Starter workflow</h3>
          <p class="soft">A webhook comes in, a condition looks at it, and an HTTP request goes out.</p>
          <Button kind="primary" label="Begin with the starter" icon="arrow" />
        </Form>
        <Form action="/workflows" csrf={csrf} class="card template-card">
          <input type="hidden" name="template" value="blank" />
          <input type="hidden" name="name" value="New workflow" />
          <span class="template-mark" aria-hidden="true">
            <Icon name="plus" />
          </span>
          <h3>Blank workflow</h3>
          <p class="soft">Only a trigger. Add one step after the other as you like.</p>
          <Button label="Begin with a blank one" />
        </Form>
      </div>
    </section>
  );
}

function NewWorkflowDialog({ csrf }: { csrf: string }): JSX.Element {
  return (
    <FormDialog id="new-workflow" title="New workflow" action="/workflows" csrf={csrf} confirmLabel="Create">
      <TextField
        name="name"
        label="Name"
        hint="What it does, in a few words."
        maxlength={MAX_NAME}
        autocomplete="off"
        autofocus
      />
      <fieldset class="stack">
        <legend>Begin with</legend>
        <Checkbox
          type="radio"
          name="template"
          id="template-blank"
          value="blank"
          checked
          label="A blank workflow"
          hint="Only a trigger; you add the steps."
        />
        <Checkbox
          type="radio"
          name="template"
          id="template-starter"
          value="starter"
          label="The starter workflow"
          hint="A webhook, a condition and an HTTP request, ready to be changed."
        />
      </fieldset>
    </FormDialog>
  );
}

const MAX_NAME = 200;
