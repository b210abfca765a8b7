import { Html } from "@elysiajs/html";
import { Button } from "../components/button.tsx";
import { Form } from "../components/form.tsx";
import type { EditorView, StepPanel } from "./editor-view.ts";

/** The id is what expressions name the step by; they follow when it changes. */
export function RenameForm({ view, panel }: { view: EditorView; panel: StepPanel }): JSX.Element {
  const action = `${panel.root}/rename`;
  const id = `rename-${panel.stepId}`;
  return (
    <Form action={action} csrf={view.csrf} class="rename-form" attrs={{ "hx-post": action }}>
      <div class="field">
        <label for={id}>Step id</label>
        <div class="rename-row">
          <input
            class="input mono"
            id={id}
            name="to"
            value={panel.stepId}
            maxlength="63"
            autocomplete="off"
            spellcheck="false"
            aria-describedby={`${id}-hint`}
          />
          <Button label="Rename" size="small" />
        </div>
        <div class="hint" id={`${id}-hint`} safe>
          {`Later steps use it as {{ steps.${panel.stepId}.output }}; they follow a new id.`}
        </div>
      </div>
    </Form>
  );
}
