import type { SignedIn } from "../../../domain/signed-in.ts";
import type { Services } from "../../services.ts";
import { builderScript } from "../assets.ts";
import { fragment, type PageAnswer, page, redirect } from "../page-answer.ts";
import type { PageCall } from "../page-route.ts";
import { describeEditor, type EditorState } from "./describe-editor.ts";
import type { Selection } from "./selection.ts";
import { createPlaces, type Places } from "./selection.ts";

export type EditorCall = PageCall<{ readonly id: string }, SignedIn>;

/** The workflow page, or for htmx the part of it that edits change. `status` is for edits that were not done. */
export async function showEditor(
  call: EditorCall,
  state: EditorState,
  services: Services,
  status: 200 | 409 | 422 = 200,
): Promise<PageAnswer> {
  const view = await describeEditor(state, call.signedIn, services);
  if (call.isPartial) {
    const { Editor } = await import("../../../../views/workflows/_editor.tsx");
    const isRead = call.request.method === "GET";
    return fragment(Editor({ view }), {
      status,
      headers: {
        ...(!isRead && { "hx-push-url": addressOf(createPlaces(call.params.id), state.selection) }),
        // Says that the answer belongs into the page although its status is that of a failure.
        ...(status !== 200 && { "hx-retarget": "#editor" }),
      },
    });
  }
  const { EditorPage } = await import("../../../../views/workflows/editor-page.tsx");
  const options = { title: view.name, section: "workflows", scripts: [builderScript], status } as const;
  return page(options, EditorPage({ view }));
}

/** After an edit that was done: for htmx the new state, else back to the page. */
export async function showEdited(call: EditorCall, state: EditorState, services: Services): Promise<PageAnswer> {
  if (call.isPartial) return showEditor(call, state, services);
  return redirect(addressOf(createPlaces(call.params.id), state.selection));
}

function addressOf(places: Places, selection: Selection): string {
  switch (selection.kind) {
    case "step":
    case "change":
      return places.step(selection.stepId);
    case "trigger":
      return places.trigger;
    case "choose_trigger":
      return places.chooseTrigger;
    case "add":
      return places.add(selection.spot);
    case "none":
      return places.root;
  }
}
