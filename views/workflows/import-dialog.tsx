import { Html } from "@elysiajs/html";
import { FormDialog } from "../components/dialog.tsx";

/** A workflow that was exported elsewhere, or written by hand. */
export function ImportDialog({ csrf }: { csrf: string }): JSX.Element {
  return (
    <FormDialog
      id="import-workflow"
      title="Import a workflow"
      size="wide"
      action="/workflows/import"
      csrf={csrf}
      confirmLabel="Import"
    >
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
    </FormDialog>
  );
}
