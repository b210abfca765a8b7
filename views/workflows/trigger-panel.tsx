import { Html } from "@elysiajs/html";
import { CopyButton } from "../components/button.tsx";
import { FieldsForm } from "../components/fields/fields-form.tsx";
import { Form } from "../components/form.tsx";
import { Icon } from "../components/icon.tsx";
import { Time } from "../components/time.tsx";
import type { EditorView, StandingView, TriggerPanel } from "./editor-view.ts";
import { follow } from "./follow.ts";
import { PanelHead } from "./panel-head.tsx";

/** What starts the workflow, with its URL or the times at which it will fire. */
export function TriggerPanelBody({ view, panel }: { view: EditorView; panel: TriggerPanel }): JSX.Element {
  const root = `/workflows/${view.workflowId}/trigger`;
  return (
    <>
      <PanelHead icon={panel.icon} title={panel.title} about={panel.about} closeHref={`/workflows/${view.workflowId}`}>
        {view.mayEdit ? (
          <a class="button" data-kind="quiet" data-size="small" href={panel.changeHref} {...follow(panel.changeHref)}>
            <Icon name="repeat" />
            Change trigger
          </a>
        ) : (
          ""
        )}
      </PanelHead>
      {panel.warnings.map((warning) => (
        <div class="panel-note" data-tone="warning">
          <strong>Nothing will start it yet</strong>
          <div safe>{warning}</div>
        </div>
      ))}
      {panel.standing ? <Standing standing={panel.standing} /> : ""}
      {panel.webhook ? <WebhookAddress webhook={panel.webhook} mayEdit={view.mayEdit} /> : ""}
      <Form
        id="panel-form"
        action={root}
        csrf={view.csrf}
        class="panel-form"
        attrs={{ "hx-post": root, "hx-trigger": "submit, change", novalidate: "" }}
      >
        <fieldset disabled={!view.mayEdit} class="fields">
          <input type="hidden" name="base" value={panel.base} data-base />
          <button class="visually-hidden" type="submit" tabindex="-1">
            Save
          </button>
          <FieldsForm fields={panel.main} others={panel.others} />
          {panel.newConnectionHref && view.mayEdit ? (
            <p class="hint">
              <a href={panel.newConnectionHref}>New connection</a>
            </p>
          ) : (
            ""
          )}
        </fieldset>
      </Form>
      {panel.nextTimes ? <NextTimes {...panel.nextTimes} /> : ""}
    </>
  );
}

function Standing({ standing }: { standing: StandingView }): JSX.Element {
  const { tone, text, problem, succeededAt, nextAt } = standing;
  return (
    <div class="panel-note" data-tone={tone} role="status">
      <strong safe>{text}</strong>
      {problem === null ? "" : <div safe>{problem}</div>}
      {succeededAt === null ? (
        ""
      ) : (
        <div>
          {"Last looked "}
          <Time at={succeededAt} />
        </div>
      )}
      {nextAt === null ? (
        ""
      ) : (
        <div>
          {"Next time "}
          <Time at={nextAt} show="exact" />
        </div>
      )}
    </div>
  );
}

function WebhookAddress({
  webhook: { url, curl },
  mayEdit,
}: {
  webhook: NonNullable<TriggerPanel["webhook"]>;
  mayEdit: boolean;
}): JSX.Element {
  if (url === null || curl === null)
    return (
      <p class="panel-note">
        {mayEdit
          ? "Publish the workflow to get its URL. It stays the same from then on."
          : "Its URL is shown to those who may change the workflow."}
      </p>
    );
  return (
    <div class="webhook-address">
      <div class="label">URL</div>
      <div class="copy-row">
        <code id="webhook-url" safe>
          {url}
        </code>
        <CopyButton from="webhook-url" label="Copy URL" />
      </div>
      <div class="label">Try it</div>
      <div class="copy-row">
        <code id="webhook-curl" safe>
          {curl}
        </code>
        <CopyButton from="webhook-curl" label="Copy command" />
      </div>
    </div>
  );
}

function NextTimes({ times, zone }: NonNullable<TriggerPanel["nextTimes"]>): JSX.Element {
  if (times.length === 0) return <p class="panel-note">The next times are shown as soon as the schedule is right.</p>;
  return (
    <section class="next-times" aria-label="Next times">
      <h3>{zone === null ? "Next times, if it were published now" : "Next times"}</h3>
      <ol>
        {times.map((at) => (
          <li>
            {zone === null ? "" : <span safe>{`${inZone(at, zone)} · `}</span>}
            <Time at={at} show="exact" />
          </li>
        ))}
      </ol>
      {zone === null ? "" : <p class="hint" safe>{`First in ${zone}, then in your own time zone.`}</p>}
    </section>
  );
}

function inZone(at: number, zone: string): string {
  try {
    return new Intl.DateTimeFormat("en-GB", { timeZone: zone, dateStyle: "medium", timeStyle: "short" }).format(at);
  } catch {
    return "";
  }
}
