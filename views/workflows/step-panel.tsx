import { Html } from "@elysiajs/html";
import { Field } from "../components/fields/field.tsx";
import { FieldsForm } from "../components/fields/fields-form.tsx";
import { Form } from "../components/form.tsx";
import { BranchesEditor } from "./branches-editor.tsx";
import { DataPicker } from "./data-picker.tsx";
import type { EditorView, StepPanel } from "./editor-view.ts";
import { PanelHead } from "./panel-head.tsx";
import { RenameForm } from "./rename-form.tsx";
import { StepTools } from "./step-tools.tsx";

/** The form of one step. It saves itself whenever a field is left. */
export function StepPanelBody({ view, panel }: { view: EditorView; panel: StepPanel }): JSX.Element {
  const hasProblem = panel.advanced.some(({ errors }) => errors.length > 0);
  return (
    <>
      <PanelHead icon={panel.icon} title={panel.title} about={panel.about} closeHref={`/workflows/${view.workflowId}`}>
        {view.mayEdit ? <StepTools view={view} panel={panel} /> : ""}
      </PanelHead>
      <Form
        id="panel-form"
        action={panel.root}
        csrf={view.csrf}
        class="panel-form"
        attrs={{ "hx-post": panel.root, "hx-trigger": "submit, change", novalidate: "" }}
      >
        <fieldset disabled={!view.mayEdit} class="fields">
          <input type="hidden" name="base" value={panel.base} data-base />
          {/* The button that Enter presses; without it that would be the first of the others. */}
          <button class="visually-hidden" type="submit" tabindex="-1">
            Save
          </button>
          {panel.newConnectionHref && view.mayEdit ? (
            <>
              <FieldsForm fields={panel.main.slice(0, 1)} others={[]} />
              <p class="hint">
                <a href={panel.newConnectionHref}>New connection</a>
              </p>
              <FieldsForm fields={panel.main.slice(1)} others={panel.others} />
            </>
          ) : (
            <FieldsForm fields={panel.main} others={panel.others} />
          )}
          {panel.askHref ? (
            <p class="panel-note" hx-get={panel.askHref} hx-trigger="load">
              Asking the account which fields there are…
            </p>
          ) : (
            ""
          )}
          {panel.accountProblem ? (
            <p class="panel-note" role="alert" safe>
              {`Which fields there are could not be asked: ${panel.accountProblem}`}
            </p>
          ) : (
            ""
          )}
          {panel.accountWaitsFor.length > 0 ? (
            <p class="panel-note" safe>
              {`Once ${panel.accountWaitsFor.join(" and ")} ${panel.accountWaitsFor.length > 1 ? "are" : "is"} filled in, the account's own fields stand here.`}
            </p>
          ) : (
            ""
          )}
          {panel.branches ? <BranchesEditor panel={panel} branches={panel.branches} /> : ""}
          <details class="advanced" id={`advanced-${panel.stepId}`} open={hasProblem}>
            <summary>Name and advanced settings</summary>
            <div class="fields">
              {panel.advanced.map((field) => (
                <Field field={field} />
              ))}
            </div>
          </details>
        </fieldset>
      </Form>
      {view.mayEdit ? <RenameForm view={view} panel={panel} /> : ""}
      {view.mayEdit ? <DataPicker workflowId={view.workflowId} stepId={panel.stepId} /> : ""}
    </>
  );
}
