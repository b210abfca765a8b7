import { Html } from "@elysiajs/html";
import type { StepKind } from "../../src/domain/workflow.ts";
import { Icon, type IconName } from "../components/icon.tsx";
import { formatDuration } from "../components/time.tsx";
import type { LoopView, StepNode } from "./run-props.ts";
import { nodeBadge, waitingReason } from "./status.ts";

const ICONS: Readonly<Record<StepKind, IconName>> = {
  action: "plug",
  branch: "branch",
  parallel: "layers",
  loop: "repeat",
  delay: "clock",
  approval: "hand",
  workflow: "workflow",
  set: "braces",
  code: "code",
  respond: "arrow-left",
  stop: "flag",
};

/** The steps as the workflow has them, branches and one iteration of each loop inside. */
export function Steps({ nodes }: { nodes: readonly StepNode[] }): JSX.Element {
  return (
    <ol class="steps">
      {nodes.map((node) => (
        <StepItem node={node} />
      ))}
    </ol>
  );
}

function StepItem({ node }: { node: StepNode }): JSX.Element {
  return (
    <li class="step" data-status={node.status}>
      <StepLine node={node} />
      {node.groups.map((group) => (
        <div class="step-group">
          <div class="step-group-label" safe>
            {group.label}
          </div>
          <Steps nodes={group.steps} />
        </div>
      ))}
      {node.loop ? <Loop loop={node.loop} /> : ""}
    </li>
  );
}

function StepLine({ node }: { node: StepNode }): JSX.Element {
  if (node.href === null) {
    return (
      <div class="step-line">
        <StepInside node={node} />
      </div>
    );
  }
  return (
    <a class="step-line" href={node.href} {...swapRun(node.href)} aria-current={node.isSelected ? "true" : undefined}>
      <StepInside node={node} />
    </a>
  );
}

/** htmx exchanges what has changed of the page, and keeps where one has scrolled to. */
function swapRun(href: string): Record<string, string> {
  return { "hx-get": href, "hx-target": "#run", "hx-select": "#run", "hx-swap": "outerMorph", "hx-push-url": "true" };
}

function StepInside({ node }: { node: StepNode }): JSX.Element {
  return (
    <>
      <span class="step-mark">
        <Icon name={ICONS[node.kind]} />
      </span>
      <span class="step-text">
        <span class="step-title truncate" dir="auto" safe>
          {node.title}
        </span>
        <span class="step-note truncate" safe>
          {noteOf(node)}
        </span>
      </span>
      <span class="step-state">
        {node.durationMs === null ? (
          ""
        ) : (
          <span class="step-time numeric" safe>
            {formatDuration(node.durationMs)}
          </span>
        )}
        <StateMark node={node} />
      </span>
    </>
  );
}

function noteOf({ problem, waitingFor, about, attempts }: StepNode): string {
  if (waitingFor) return `Waits ${waitingReason(waitingFor)}`;
  if (problem) return problem;
  return attempts > 1 ? `${about} · ${attempts} attempts` : about;
}

function StateMark({ node: { status } }: { node: StepNode }): JSX.Element {
  const { label, tone, live } = nodeBadge(status);
  return (
    <span class="state-mark" data-tone={tone} data-status={status} {...(live && { "data-live": "" })} title={label}>
      <StateIcon status={status} />
      <span class="visually-hidden" safe>
        {label}
      </span>
    </span>
  );
}

function StateIcon({ status }: { status: StepNode["status"] }): JSX.Element {
  if (status === "succeeded") return <Icon name="check" />;
  if (status === "failed") return <Icon name="x" />;
  if (status === "needs_review") return <Icon name="triangle" />;
  if (status === "waiting") return <Icon name="clock" />;
  return "";
}

function Loop({ loop }: { loop: LoopView }): JSX.Element {
  const { total, begun, index } = loop;
  return (
    <div class="step-group loop">
      <div class="loop-head">
        <div class="loop-pager">
          <LoopArrow href={loop.previous} label="Iteration before" icon="chevron-left" />
          <LoopJump loop={loop} />
          <LoopArrow href={loop.next} label="Next iteration" icon="chevron-right" />
        </div>
        <progress
          class="loop-progress"
          value={Math.min(begun, total)}
          max={Math.max(1, total)}
          aria-label="Iterations begun"
        />
        <span class="faint numeric" safe>{`${begun.toLocaleString("en")} of ${total.toLocaleString("en")} begun`}</span>
      </div>
      {loop.troubled.length === 0 ? (
        ""
      ) : (
        <div class="loop-troubled">
          <span class="faint">Trouble in</span>
          {loop.troubled.map(({ index: each, href }) => (
            <a class="chip" href={href} {...swapRun(href)} aria-current={each === index ? "true" : undefined} safe>
              {`#${each + 1}`}
            </a>
          ))}
        </div>
      )}
      {total === 0 ? <p class="faint loop-empty">The list was empty.</p> : <Steps nodes={loop.steps} />}
    </div>
  );
}

function LoopArrow({ href, label, icon }: { href: string | null; label: string; icon: IconName }): JSX.Element {
  if (href === null) {
    return (
      <span class="loop-arrow" aria-hidden="true">
        <Icon name={icon} />
      </span>
    );
  }
  return (
    <a class="loop-arrow" href={href} {...swapRun(href)} title={label}>
      <Icon name={icon} />
      <span class="visually-hidden" safe>
        {label}
      </span>
    </a>
  );
}

/** A plain form: the number goes into the address like everything else that is looked at. */
function LoopJump({ loop }: { loop: LoopView }): JSX.Element {
  return (
    <form method="get" class="loop-jump">
      {loop.kept.map((at) => (
        <input type="hidden" name="at" value={at} />
      ))}
      <input type="hidden" name="loop" value={loop.path} />
      <label for={`jump-${loop.id}`}>Item</label>
      <input
        class="input"
        id={`jump-${loop.id}`}
        name="item"
        inputmode="numeric"
        autocomplete="off"
        value={String(loop.index + 1)}
        size={String(Math.max(2, String(loop.total).length))}
      />
      <span class="faint numeric" safe>{`of ${loop.total.toLocaleString("en")}`}</span>
    </form>
  );
}
