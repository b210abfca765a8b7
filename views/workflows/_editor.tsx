import { Html } from "@elysiajs/html";
import { Banner } from "./banner.tsx";
import { Canvas } from "./canvas.tsx";
import { EditorHeader } from "./editor-header.tsx";
import type { EditorView } from "./editor-view.ts";
import { Panel } from "./panel.tsx";

/**
 * Everything that changes with an edit. Requests of the editor wait for one another: a link that is followed while a
 * field is being saved must not be overtaken by the answer of the save.
 */
export function Editor({ view }: { view: EditorView }): JSX.Element {
  const htmx = {
    "hx-target:inherited": "#editor",
    "hx-swap:inherited": "outerMorph",
    "hx-sync:inherited": "#editor:queue all",
  };
  return (
    <div
      class="editor"
      id="editor"
      data-panel={view.panel.kind}
      data-root={`/workflows/${view.workflowId}`}
      data-moving={view.moving ? "" : undefined}
      attrs={htmx}
    >
      <EditorHeader view={view} />
      {view.banner ? <Banner banner={view.banner} csrf={view.csrf} /> : ""}
      <div class="editor-body">
        <Canvas view={view} />
        <Panel view={view} />
      </div>
    </div>
  );
}
