import { Html } from "@elysiajs/html";
import { Button, DialogButton } from "../components/button.tsx";
import { Dialog, FormDialog } from "../components/dialog.tsx";
import { Form } from "../components/form.tsx";
import type { EditorView } from "./editor-view.ts";

/** Starting a run by hand, and what is done rarely. Outside of the part that edits redraw, so that they stay open. */
export function EditorDialogs({ view }: { view: EditorView }): JSX.Element {
  const root = `/workflows/${view.workflowId}`;
  return (
    <>
      {view.mayRun && view.publishedVersion !== null ? (
        <FormDialog
          id="run-now"
          title="Run now"
          text="Starts the published version."
          action={`${root}/run`}
          csrf={view.csrf}
          confirmLabel="Run"
          icon="play"
        >
          <div class="field">
            <label for="run-input">Input (JSON)</label>
            <textarea
              class="input mono"
              id="run-input"
              name="input"
              rows="6"
              spellcheck="false"
              aria-describedby="run-input-hint"
              safe
            >
              {`\n${view.sampleInput}`}
            </textarea>
            <div class="hint" id="run-input-hint">
              It arrives as trigger.body.
            </div>
          </div>
        </FormDialog>
      ) : (
        ""
      )}
      {view.mayEdit ? (
        <>
          <Dialog id="workflow-menu" title="Workflow">
            <div class="stack">
              {view.publishedVersion === null ? (
                ""
              ) : (
                <Form action={`${root}/unpublish`} csrf={view.csrf} class="menu-form">
                  <p>Switch its trigger off. Runs that have started go on, and its URL is kept for the next time.</p>
                  <Button label="Unpublish" icon="pause" />
                </Form>
              )}
              <div class="menu-form">
                <p>Take it off the list and switch its trigger off. Its runs stay readable.</p>
                <DialogButton dialog="delete-workflow" label="Delete workflow…" kind="danger" icon="trash" />
              </div>
            </div>
          </Dialog>
          <FormDialog
            id="delete-workflow"
            title="Delete this workflow?"
            action={`${root}/delete`}
            csrf={view.csrf}
            text={`“${view.name}” is taken off the list, its trigger is switched off and its URL stops working. Its runs stay readable. This cannot be undone.`}
            confirmLabel="Delete"
            danger
          />
        </>
      ) : (
        ""
      )}
    </>
  );
}
