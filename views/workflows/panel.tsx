import { Html } from "@elysiajs/html";
import type { EditorView } from "./editor-view.ts";
import { OverviewPanel } from "./overview-panel.tsx";
import { PickerPanelBody } from "./picker-panel.tsx";
import { StepPanelBody } from "./step-panel.tsx";
import { TriggerPanelBody } from "./trigger-panel.tsx";

/** What is chosen on the canvas. Its id says what it shows, so that the form of one step is never taken for another's. */
export function Panel({ view }: { view: EditorView }): JSX.Element {
  const { panel } = view;
  switch (panel.kind) {
    case "overview":
      return (
        <aside class="panel" id="panel-overview" aria-label="Workflow">
          <OverviewPanel view={view} panel={panel} />
        </aside>
      );
    case "step":
      return (
        <aside class="panel" id={`panel-step-${panel.stepId}`} aria-label="Step">
          <StepPanelBody view={view} panel={panel} />
        </aside>
      );
    case "trigger":
      return (
        <aside class="panel" id="panel-trigger" aria-label="Trigger">
          <TriggerPanelBody view={view} panel={panel} />
        </aside>
      );
    case "picker":
      return (
        <aside class="panel" id="panel-picker" aria-label={panel.title}>
          <PickerPanelBody view={view} panel={panel} />
        </aside>
      );
  }
}
