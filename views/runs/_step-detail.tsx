import { Html } from "@elysiajs/html";
import { Badge } from "../components/badge.tsx";
import { Copyable } from "../components/copy-line.tsx";
import { JsonView } from "../components/json-view.tsx";
import { Notice } from "../components/notice.tsx";
import { formatDuration, Time } from "../components/time.tsx";
import { DecisionForms } from "./_decisions.tsx";
import { Payload } from "./payload.tsx";
import type { AttemptView, StepDetail } from "./run-props.ts";
import { nodeBadge, waitingReason } from "./status.ts";

export interface StepDetailProps {
  readonly runId: string;
  readonly step: StepDetail;
  readonly csrf: string;
  readonly mayControl: boolean;
}

/** Everything about one step of a run: what went in, what came out, how often it was tried. */
export function StepPanel({ runId, step, csrf, mayControl }: StepDetailProps): JSX.Element {
  const file = (what: string) => `/runs/${runId}/steps/${step.rowId}/${what}`;
  return (
    <section class="card detail" id="detail" aria-label="Step">
      <header class="card-header">
        <div class="detail-title">
          <h2 dir="auto" safe>
            {step.title}
          </h2>
          <span class="faint" safe>
            {step.iteration.length === 0
              ? step.about
              : `${step.about} · item ${step.iteration.map((n) => n + 1).join(", ")}`}
          </span>
        </div>
        <Badge {...nodeBadge(step.status)} />
      </header>
      <div class="card-body stack">
        {step.waitingFor ? <Waiting step={step} /> : ""}
        {step.error ? <ErrorNotice step={step} /> : ""}
        {mayControl ? <DecisionForms runId={runId} step={step} csrf={csrf} /> : ""}
        <Facts step={step} />
        <Payload id="input" title="Input" value={step.input} file={file("input")} />
        <Payload id="output" title="Output" value={step.output} file={file("output")} />
        {step.attempts.length > 1 ? <Attempts attempts={step.attempts} /> : ""}
      </div>
    </section>
  );
}

function Waiting({ step: { waitingFor, wakeAt } }: { step: StepDetail }): JSX.Element {
  if (waitingFor === null) return "";
  return (
    <Notice tone="warning" title={`Waits ${waitingReason(waitingFor)}`}>
      {wakeAt === null ? (
        waitingFor === "connection" ? (
          <p>
            Reconnect it under <a href="/connections">Connections</a>; the run then goes on by itself.
          </p>
        ) : (
          ""
        )
      ) : (
        <p>
          Until <Time at={wakeAt} show="exact" />
        </p>
      )}
    </Notice>
  );
}

function ErrorNotice({ step: { error, status } }: { step: StepDetail }): JSX.Element {
  if (error === null) return "";
  return (
    <Notice tone={status === "failed" ? "danger" : "warning"} title={error.message}>
      <p>
        <code safe>{error.code}</code>
      </p>
      {error.details === undefined ? "" : <JsonView value={error.details} rest={null} />}
    </Notice>
  );
}

function Facts({ step }: { step: StepDetail }): JSX.Element {
  return (
    <dl class="facts">
      {step.startedAt === null ? (
        ""
      ) : (
        <>
          <dt>Started</dt>
          <dd>
            <Time at={step.startedAt} show="exact" />
          </dd>
        </>
      )}
      {step.startedAt === null || step.finishedAt === null ? (
        ""
      ) : (
        <>
          <dt>Took</dt>
          <dd class="numeric" safe>
            {formatDuration(step.finishedAt - step.startedAt)}
          </dd>
        </>
      )}
      <dt>Attempts</dt>
      <dd class="numeric">{step.attempts.length}</dd>
      <dt>Step id</dt>
      <dd class="mono" safe>
        {step.path}
      </dd>
      {step.idempotencyKey === null ? (
        ""
      ) : (
        <>
          <dt>Idempotency key</dt>
          <dd>
            <Copyable id="idempotency-key" text={step.idempotencyKey} label="Copy the idempotency key" />
          </dd>
        </>
      )}
    </dl>
  );
}

function Attempts({ attempts }: { attempts: readonly AttemptView[] }): JSX.Element {
  return (
    <section class="payload">
      <header>
        <h3>Attempts</h3>
      </header>
      <ol class="attempts">
        {attempts.map((attempt) => (
          <li>
            <Badge {...nodeBadge(attempt.status)} />
            <span class="attempt-text">
              {attempt.startedAt === null ? (
                <span class="faint">Not begun</span>
              ) : (
                <Time at={attempt.startedAt} show="exact" />
              )}
              {attempt.error ? (
                <span class="faint" safe>
                  {attempt.error.message}
                </span>
              ) : (
                ""
              )}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
