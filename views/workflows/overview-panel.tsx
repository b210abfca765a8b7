import { Html } from "@elysiajs/html";
import { Button } from "../components/button.tsx";
import { Form } from "../components/form.tsx";
import { Time } from "../components/time.tsx";
import type { EditorView, PanelView } from "./editor-view.ts";
import { follow } from "./follow.ts";

/** The workflow itself: what stands between it and publishing, its name and settings. */
export function OverviewPanel({
  view,
  panel,
}: {
  view: EditorView;
  panel: Extract<PanelView, { kind: "overview" }>;
}): JSX.Element {
  const action = `/workflows/${view.workflowId}/settings`;
  return (
    <>
      <header class="panel-head">
        <div class="panel-titles">
          <h2 tabindex="-1" id="panel-title">
            This workflow
          </h2>
          <p>
            {"Draft saved "}
            <Time at={view.savedAt} />
          </p>
        </div>
      </header>
      <ProblemList view={view} />
      <Form
        id="panel-form"
        action={action}
        csrf={view.csrf}
        class="panel-form"
        attrs={{ "hx-post": action, "hx-trigger": "submit, change" }}
      >
        <fieldset disabled={!view.mayEdit} class="fields">
          <div class="field">
            <label for="workflow-name">Name</label>
            <input class="input" id="workflow-name" name="name" value={Html.escapeHtml(view.name)} maxlength="200" />
          </div>
          <div class="field">
            <label for="workflow-description">Description</label>
            <textarea class="input" id="workflow-description" name="description" rows="3" safe>
              {`\n${panel.description}`}
            </textarea>
          </div>
          <div class="field">
            <label for="workflow-timeout">A webhook's caller waits at most (ms)</label>
            <input
              class="input"
              id="workflow-timeout"
              name="responseTimeoutMs"
              inputmode="numeric"
              placeholder="30000"
              value={Html.escapeHtml(panel.responseTimeoutMs)}
              aria-describedby="workflow-timeout-hint"
            />
            <div class="hint" id="workflow-timeout-hint">
              For workflows with a Respond step.
            </div>
          </div>
          <div class="field">
            <label for="workflow-cap">Runs at the same time, at most</label>
            <input
              class="input"
              id="workflow-cap"
              name="maxConcurrency"
              inputmode="numeric"
              placeholder="No limit"
              value={Html.escapeHtml(panel.maxConcurrency)}
              aria-describedby="workflow-cap-hint"
            />
            <div class="hint" id="workflow-cap-hint">
              Others wait their turn; none is lost.
            </div>
          </div>
          {view.mayEdit ? <Button label="Save" /> : ""}
        </fieldset>
      </Form>
      <p class="hint keys-hint">
        On a card: <kbd>↑</kbd> <kbd>↓</kbd> go along the flow, <kbd>Enter</kbd> opens it, <kbd>Alt</kbd> with an arrow
        moves it, <kbd>Delete</kbd> takes it out, <kbd>Esc</kbd> closes this side.
      </p>
    </>
  );
}

function ProblemList({ view }: { view: EditorView }): JSX.Element {
  const { problems } = view;
  if (problems.length === 0)
    return (
      <p class="panel-note" data-tone="success">
        {view.isAhead ? "Nothing is wrong with it: it can be published." : "What is published is what you see."}
      </p>
    );
  return (
    <section class="problems" aria-label="Problems">
      <h3>To be mended before publishing</h3>
      <ul>
        {problems.map(({ href, where, message }) => (
          <li>
            <a href={href} {...follow(href)} safe>
              {where}
            </a>{" "}
            <span safe>{message}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
