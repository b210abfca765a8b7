import { Html } from "@elysiajs/html";
import { Icon } from "../components/icon.tsx";

/** What expressions here can use; fetched when it is first opened. A click puts it where the caret was last. */
export function DataPicker({ workflowId, stepId }: { workflowId: string; stepId: string }): JSX.Element {
  const htmx = {
    "hx-get": `/workflows/${workflowId}/data?step=${stepId}`,
    "hx-trigger": "toggle once",
    "hx-target": `#data-list-${stepId}`,
    "hx-swap": "innerHTML",
    "hx-sync": "this:replace",
    // An edit of the step redraws everything around it, not what was fetched, and not whether it is open.
    "hx-morph-skip": "",
  };
  return (
    <details class="data-picker" id={`data-${stepId}`} {...htmx}>
      <summary>
        <Icon name="braces" />
        Insert data
      </summary>
      <div id={`data-list-${stepId}`}>
        <p class="hint">Looking…</p>
      </div>
    </details>
  );
}
