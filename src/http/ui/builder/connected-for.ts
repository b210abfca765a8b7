import type { BannerView } from "../../../../views/workflows/editor-view.ts";
import { type ConnectionUser, chooseConnection, findConnectionUser } from "../../../domain/choose-connection.ts";
import type { Connection } from "../../../domain/connection.ts";
import { AppError } from "../../../domain/errors.ts";
import type { Scope } from "../../../domain/tenant.ts";
import type { OpenDraft } from "../../../engine/drafts/edit-drafts.ts";
import type { Services } from "../../services.ts";
import { type PageAnswer, redirect } from "../page-answer.ts";
import { toDraftEdit } from "./edit-definition.ts";
import { createPlaces, readSelection, type Selection } from "./selection.ts";

type Made = Pick<Connection, "id" | "connector">;

/**
 * Where somebody goes back to who made a connection for a step or a trigger, which uses it from then on as if it had
 * been chosen in the form. Whatever stands against that (the step is gone, or another app's by now) leaves the draft as
 * it is; the connection is there all the same.
 */
export async function connectedFor(scope: Scope, next: string, made: Made, services: Services): Promise<PageAnswer> {
  const { pathname, searchParams } = new URL(next, "http://ours");
  const id = /^\/workflows\/([^/]+)$/.exec(pathname)?.[1];
  const user = userOf(readSelection(searchParams));
  const say = (text: string) => ({ flash: { kind: "success", text } }) as const;
  const unchosen = redirect(next, say("Connected. Choose the new connection here."));
  if (id === undefined || user === undefined || !scope.permissions.has("workflow.write")) return unchosen;
  let before = "";
  try {
    const { outcome } = await services.drafts.edit(scope, id, (draft) => {
      const part = findConnectionUser(draft.definition, user);
      if (part?.connector !== made.connector) return { kind: "refuse", message: "" };
      before = part.connection ?? "";
      return toDraftEdit(
        draft,
        chooseConnection(draft.definition, user, made.id),
        `chose ${made.id} for ${user ?? "the trigger"}`,
      );
    });
    return outcome === "saved" ? redirect(createPlaces(id).connected(user, made.id, before)) : unchosen;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "not_found") throw error;
    return redirect(`/connections/${made.id}`, say("Connected. The workflow it was made for is not there any more."));
  }
}

/** On the page that `connectedFor` leads to: what has been chosen, and the way back for as long as it stands so. */
export async function offerUnchoose(
  scope: Scope,
  query: URLSearchParams,
  { workflow, draft }: OpenDraft,
  { connections }: Services,
): Promise<BannerView | null> {
  const [chosen, before] = [query.get("connected"), query.get("before") ?? ""];
  const user = userOf(readSelection(query));
  if (chosen === null || user === undefined || !scope.permissions.has("workflow.write")) return null;
  if (findConnectionUser(draft.definition, user)?.connection !== chosen) return null;
  const nameOf = (id: string) => connections.find(scope, id).then(({ name }) => name, ifMissing);
  const [name, instead] = await Promise.all([nameOf(chosen), before === "" ? null : nameOf(before)]);
  if (name === null) return null;
  return {
    tone: "success",
    title: `Connected, and chosen for this ${user === null ? "trigger" : "step"}`,
    text: instead === null ? `It uses “${name}” now.` : `It uses “${name}” now instead of “${instead}”.`,
    undo: {
      action: `/workflows/${workflow.id}/connection`,
      values: { ...(user !== null && { step: user }), from: chosen, to: before },
    },
  };
}

function userOf(selection: Selection): ConnectionUser | undefined {
  if (selection.kind === "trigger") return null;
  return selection.kind === "step" ? selection.stepId : undefined;
}

function ifMissing(error: unknown): null {
  if (error instanceof AppError && error.code === "not_found") return null;
  throw error;
}
