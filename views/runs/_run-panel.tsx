import { Html } from "@elysiajs/html";
import type { Json } from "../../src/domain/json.ts";
import { CopyButton, LinkButton } from "../components/button.tsx";
import { JsonView } from "../components/json-view.tsx";
import { Time } from "../components/time.tsx";
import type { RunHead } from "./run-props.ts";
import { describeSource } from "./status.ts";

export interface RunPanelProps {
  readonly run: RunHead;
  readonly trigger: Json;
  readonly output: Json | undefined;
}

/** Beside the steps as long as none is chosen: where the run came from and what came of it. */
export function RunPanel({ run, trigger, output }: RunPanelProps): JSX.Element {
  return (
    <section class="card detail" id="detail" aria-label="Run">
      <header class="card-header">
        <h2>Run</h2>
      </header>
      <div class="card-body stack">
        <dl class="facts">
          <dt>Id</dt>
          <dd>
            <span class="copyable">
              <code id="run-id" safe>
                {run.id}
              </code>
              <CopyButton from="run-id" label="Copy the run's id" />
            </span>
          </dd>
          <dt>Started by</dt>
          <dd safe>{describeSource(run.source).label}</dd>
          <dt>Created</dt>
          <dd>
            <Time at={run.createdAt} show="exact" />
          </dd>
          {run.finishedAt === null ? (
            ""
          ) : (
            <>
              <dt>Ended</dt>
              <dd>
                <Time at={run.finishedAt} show="exact" />
              </dd>
            </>
          )}
          {run.replayOf === null ? "" : <OtherRun label="Replay of" id={run.replayOf} />}
          {run.parentRunId === null ? "" : <OtherRun label="Part of" id={run.parentRunId} />}
        </dl>
        <Value id="trigger" title="Trigger" value={trigger} file={`/runs/${run.id}/trigger`} />
        {output === undefined ? (
          ""
        ) : (
          <Value id="output" title="Output" value={output} file={`/runs/${run.id}/output`} />
        )}
      </div>
    </section>
  );
}

function OtherRun({ label, id }: { label: string; id: string }): JSX.Element {
  return (
    <>
      <dt safe>{label}</dt>
      <dd>
        <a href={`/runs/${id}`} safe>
          {id}
        </a>
      </dd>
    </>
  );
}

function Value({ id, title, value, file }: { id: string; title: string; value: Json; file: string }): JSX.Element {
  return (
    <section class="payload" aria-labelledby={`${id}-title`}>
      <header>
        <h3 id={`${id}-title`} safe>
          {title}
        </h3>
        <LinkButton
          href={file}
          download={`${id}.json`}
          label={`Download the ${id}`}
          icon="download"
          iconOnly
          kind="quiet"
          size="small"
        />
      </header>
      <JsonView value={value} rest={file} />
    </section>
  );
}
