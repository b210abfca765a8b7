import { Html } from "@elysiajs/html";
import { Editor } from "./_editor.tsx";
import { EditorDialogs } from "./editor-dialogs.tsx";
import type { EditorView } from "./editor-view.ts";

/** A workflow: its flow as cards, and beside it the form of what is chosen. */
export function EditorPage({ view }: { view: EditorView }): JSX.Element {
  return (
    <>
      <Editor view={view} />
      <EditorDialogs view={view} />
    </>
  );
}
