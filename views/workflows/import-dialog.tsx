import { Html } from "@elysiajs/html";
import { Button, DialogButton, FormActions } from "../components/button.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Form } from "../components/form.tsx";

/** A workflow that was exported elsewhere, or written by hand. */
export function ImportDialog({ csrf }: { csrf: string }): JSX.Element {
  return (
    <Dialog id="import-workflow" title="Import a workflow" size="wide">
      <Form action="/workflows/import" csrf={csrf}>
        <div class="field">
          <label for="import-definition">Definition (JSON)</label>
          <textarea
            class="input mono"
            id="import-definition"
            name="definition"
            rows="14"
            spellcheck="false"
            placeholder={Html.escapeHtml('{ "name": "…", "trigger": { … }, "steps": [ … ] }')}
            aria-describedby="import-hint"
          />
          <div class="hint" id="import-hint">
            As “Download” under a workflow's JSON gives it. Its connections have to be there under the same ids.
          </div>
        </div>
        <FormActions>
          <DialogButton dialog="import-workflow" command="close" label="Cancel" />
          <Button kind="primary" label="Import" />
        </FormActions>
      </Form>
    </Dialog>
  );
}
