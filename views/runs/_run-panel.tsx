import { Html } from "@elysiajs/html";
import type { Json } from "../../src/domain/json.ts";
import { Copyable } from "../components/copy-line.tsx";
import { Time } from "../components/time.tsx";
import { Payload } from "./payload.tsx";
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
            <Copyable id="run-id" text={run.id} label="Copy the run's id" />
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
        <Payload id="trigger" title="Trigger" value={trigger} file={`/runs/${run.id}/trigger`} />
        <Payload id="output" title="Output" value={output} file={`/runs/${run.id}/output`} />
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
