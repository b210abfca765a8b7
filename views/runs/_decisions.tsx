import { Html } from "@elysiajs/html";
import { Button, DialogButton } from "../components/button.tsx";
import { FormDialog } from "../components/dialog.tsx";
import { TextField } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import type { StepDetail } from "./run-props.ts";

/** What a person decides about a step that waits for one: approve or reject; or say what became of an effect. */
export function DecisionForms({ runId, step, csrf }: { runId: string; step: StepDetail; csrf: string }): JSX.Element {
  const address = `/runs/${runId}/steps/${step.rowId}`;
  if (step.question !== null) return <Approval address={address} question={step.question} csrf={csrf} />;
  return step.needsReview ? <Review address={address} csrf={csrf} /> : "";
}

function Approval({ address, question, csrf }: { address: string; question: string; csrf: string }): JSX.Element {
  return (
    <div class="decision">
      <p class="decision-question" dir="auto" safe>
        {question}
      </p>
      <Form action={`${address}/decide`} csrf={csrf}>
        <TextField name="comment" label="Comment" optional rows={2} maxlength={5000} />
        <div class="form-actions">
          <Button name="decision" value="reject" kind="danger" label="Reject" icon="x" />
          <Button name="decision" value="approve" kind="primary" label="Approve" icon="check" />
        </div>
      </Form>
    </div>
  );
}

/** The three ways out of not knowing whether something has happened on the other side. */
function Review({ address, csrf }: { address: string; csrf: string }): JSX.Element {
  const action = `${address}/resolve`;
  return (
    <div class="decision">
      <p class="decision-question">
        Look on the other side whether this has happened, then say so here. Until then the run waits, and nothing is
        done twice.
      </p>
      <div class="form-actions" data-align="start">
        <DialogButton dialog="resolve-done" label="It has happened" icon="check" kind="primary" />
        <DialogButton dialog="resolve-retry" label="It has not: do it again" icon="rotate" />
        <DialogButton dialog="resolve-skip" label="Go on without it" icon="arrow" />
      </div>
      <FormDialog
        id="resolve-done"
        title="It has happened"
        action={action}
        csrf={csrf}
        text="The step counts as done and the run goes on. Later steps read what you enter here as its output."
        confirmLabel="Mark as done"
      >
        <input type="hidden" name="as" value="done" />
        <TextField name="output" label="Output, as JSON" optional rows={5} mono spellcheck="false" value="null" />
      </FormDialog>
      <FormDialog
        id="resolve-retry"
        title="Do it again"
        action={action}
        csrf={csrf}
        text="The step is tried again with the same idempotency key. If it had happened after all, and the other system does not look at the key, it then happens twice."
        confirmLabel="Do it again"
      >
        <input type="hidden" name="as" value="retry" />
      </FormDialog>
      <FormDialog
        id="resolve-skip"
        title="Go on without it"
        action={action}
        csrf={csrf}
        text="The step is marked as skipped, its output is empty, and the run goes on with the next one."
        confirmLabel="Skip the step"
      >
        <input type="hidden" name="as" value="skip" />
      </FormDialog>
    </div>
  );
}
