import { Html } from "@elysiajs/html";
import type { Json } from "../../src/domain/json.ts";
import { DialogButton, LinkButton } from "../components/button.tsx";
import { FormDialog } from "../components/dialog.tsx";
import { Checkbox } from "../components/field.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { formatDuration, Time } from "../components/time.tsx";
import { RunPanel } from "./_run-panel.tsx";
import { StepPanel } from "./_step-detail.tsx";
import { Steps } from "./_steps.tsx";
import type { RunHead, StepDetail, StepNode } from "./run-props.ts";
import { describeSource, runBadge, waitingReason } from "./status.ts";

export interface RunPageProps {
  readonly run: RunHead;
  /** Where this very page is, with what is looked at. */
  readonly address: string;
  /** The same without a chosen step. */
  readonly overview: string;
  readonly isOver: boolean;
  readonly nodes: readonly StepNode[];
  readonly step: StepDetail | null;
  readonly trigger: Json;
  readonly output: Json | undefined;
  readonly csrf: string;
  readonly mayControl: boolean;
}

/** A run, step by step, as it goes on. */
export function RunPage(props: RunPageProps): JSX.Element {
  const { run, isOver, address, csrf, mayControl } = props;
  return (
    <>
      {isOver ? "" : <div id="live" hx-sse:connect={`/runs/${run.id}/live`} hx-sse:close="over" hx-swap="none" />}
      <div
        id="run"
        {...(!isOver && {
          "hx-get": address,
          "hx-trigger": "changed from:#live",
          "hx-select": "#run",
          "hx-target": "this",
          "hx-swap": "outerMorph",
          "hx-sync": "this:queue last",
        })}
      >
        <RunHeader run={run} isOver={isOver} mayControl={mayControl} />
        {run.status === "needs_review" ? <ReviewNotice /> : ""}
        {run.error ? <Notice tone="danger" title={run.error.message} /> : ""}
        <div class="run-split" {...(props.step && { "data-chosen": "" })}>
          <section class="card run-steps" aria-label="Steps">
            {props.nodes.length === 0 ? (
              <p class="run-empty faint">This workflow has no steps.</p>
            ) : (
              <Steps nodes={props.nodes} />
            )}
          </section>
          <div class="run-detail">
            {props.step ? (
              <>
                <LinkButton href={props.overview} label="All steps" icon="arrow-left" kind="quiet" size="small" />
                <StepPanel runId={run.id} step={props.step} csrf={csrf} mayControl={mayControl && !isOver} />
              </>
            ) : (
              <RunPanel run={run} trigger={props.trigger} output={props.output} />
            )}
          </div>
        </div>
      </div>
      {mayControl ? <RunDialogs run={run} csrf={csrf} /> : ""}
    </>
  );
}

function RunHeader({ run, isOver, mayControl }: { run: RunHead; isOver: boolean; mayControl: boolean }): JSX.Element {
  return (
    <>
      <PageHeader title={run.workflowName} trail={{ href: "/runs", label: "Runs" }} badges={[runBadge(run.status)]}>
        <LinkButton href={`/workflows/${run.workflowId}`} label="Workflow" icon="workflow" />
        {mayControl && !isOver ? <DialogButton dialog="cancel-run" label="Cancel" icon="x" kind="danger" /> : ""}
        {mayControl && isOver ? <DialogButton dialog="replay-run" label="Replay" icon="rotate" kind="primary" /> : ""}
      </PageHeader>
      <p class="run-meta">
        <span safe>{describeSource(run.source).label}</span>
        <span>
          <Time at={run.createdAt} />
        </span>
        <span safe>{`Version ${run.version}`}</span>
        {run.startedAt !== null && run.finishedAt !== null ? (
          <span class="numeric" safe>{`Took ${formatDuration(run.finishedAt - run.startedAt)}`}</span>
        ) : (
          ""
        )}
        {run.waitingFor ? <span safe>{`Waits ${waitingReason(run.waitingFor)}`}</span> : ""}
      </p>
    </>
  );
}

function ReviewNotice(): JSX.Element {
  return (
    <Notice tone="warning" title="A step needs your decision">
      <p>It was interrupted, and nobody knows whether it has happened. Open the step that is marked, and say so.</p>
    </Notice>
  );
}

/** Outside of what is exchanged while the run goes on: a dialog must not close because a step has ended. */
function RunDialogs({ run, csrf }: { run: RunHead; csrf: string }): JSX.Element {
  const failed = run.status === "failed";
  return (
    <>
      <FormDialog
        id="cancel-run"
        title="Cancel this run?"
        action={`/runs/${run.id}/cancel`}
        csrf={csrf}
        text="No further step starts. What was already sent is waited for and cannot be taken back."
        confirmLabel="Cancel the run"
        danger
      />
      <FormDialog
        id="replay-run"
        title="Replay this run"
        action={`/runs/${run.id}/replay`}
        csrf={csrf}
        text="A new run starts with the same trigger. This one stays as it is."
        confirmLabel="Replay"
      >
        <fieldset class="stack">
          <legend>From where</legend>
          <Checkbox
            type="radio"
            name="from"
            id="from-failed"
            value="failed"
            checked={failed}
            label="From where it failed"
            hint="What succeeded stays done, and its results are used."
          />
          <Checkbox
            type="radio"
            name="from"
            id="from-start"
            value="start"
            checked={!failed}
            label="From the start"
            hint="Everything is worked out again. What was sent with the same content is not sent a second time."
          />
        </fieldset>
        <fieldset class="stack">
          <legend>With which version</legend>
          <Checkbox
            type="radio"
            name="version"
            id="version-same"
            value="same"
            checked
            label={`The one it ran with (${run.version})`}
          />
          <Checkbox
            type="radio"
            name="version"
            id="version-published"
            value="published"
            label="The one that is published now"
            hint="After you have mended the workflow."
          />
        </fieldset>
        <Checkbox
          name="repeatEffects"
          label="Send again what was already sent"
          hint="Only if you want it to happen twice: messages, payments and records are made again."
        />
      </FormDialog>
    </>
  );
}
