import type { FieldError } from "../../domain/errors.ts";
import { parseWorkflow } from "../../domain/parse-workflow.ts";
import { parseJson } from "../../platform/parse-json.ts";
import type { Services } from "../services.ts";
import type { EditorCall } from "./builder/show-editor.ts";
import { type PageAnswer, page, redirect, respondWith } from "./page-answer.ts";
import { definePage } from "./page-route.ts";

/** The definition as JSON: to read, to take along, to paste. */
export const workflowJsonPages = [
  definePage({
    method: "GET",
    path: "/workflows/:id/json",
    access: "workflow.read",
    async handle(call, services) {
      const { draft } = await services.drafts.open(call.signedIn.scope, call.params.id);
      return showJson(call, services, JSON.stringify(draft.definition, null, 2), [], 200);
    },
  }),

  definePage({
    method: "POST",
    path: "/workflows/:id/json",
    access: "workflow.write",
    async handle(call, services) {
      const text = (call.form.get("definition") ?? "").replaceAll("\r\n", "\n");
      const parsed = parseJson(text);
      if (!parsed.ok)
        return showJson(call, services, text, [{ path: "", message: `The text is ${parsed.message}.` }], 422);
      // Only its shape has to be right; what else is wrong is a matter of the draft.
      const workflow = parseWorkflow(parsed.value);
      if (!workflow.ok) return showJson(call, services, text, workflow.errors, 422);
      const { definition } = workflow;
      const revision = Number(call.form.get("revision"));
      const before = await services.drafts.open(call.signedIn.scope, call.params.id);
      if (before.workflow.revision !== revision && call.form.get("overwrite") !== "yes") {
        const message =
          "Somebody else has changed the workflow meanwhile. Your text is kept below; store it to replace theirs.";
        return showJson(call, services, text, [{ path: "", message }], 409);
      }
      await services.drafts.edit(call.signedIn.scope, call.params.id, () => ({
        kind: "change",
        draft: { definition, unfinished: {} },
        what: "replaced as JSON",
      }));
      return redirect(`/workflows/${call.params.id}`, { flash: { kind: "success", text: "The draft is replaced." } });
    },
  }),

  definePage({
    method: "GET",
    path: "/workflows/:id/export",
    access: "workflow.read",
    async handle({ signedIn, params }, { drafts }) {
      const { draft } = await drafts.open(signedIn.scope, params.id);
      const headers = {
        "content-type": "application/json; charset=utf-8",
        "content-disposition": `attachment; filename="${fileName(draft.definition.name)}.json"`,
      };
      return respondWith(new Response(`${JSON.stringify(draft.definition, null, 2)}\n`, { headers }));
    },
  }),
];

async function showJson(
  { signedIn, params }: EditorCall,
  { drafts }: Services,
  text: string,
  errors: readonly FieldError[],
  status: number,
): Promise<PageAnswer> {
  const { workflow } = await drafts.open(signedIn.scope, params.id);
  const { JsonPage } = await import("../../../views/workflows/json-page.tsx");
  const view = {
    root: `/workflows/${params.id}`,
    name: workflow.name,
    revision: workflow.revision,
    csrf: signedIn.csrfToken,
    mayEdit: signedIn.scope.permissions.has("workflow.write"),
    isConflict: status === 409,
    text,
    errors,
  };
  return page({ title: `${workflow.name} as JSON`, section: "workflows", status }, JsonPage({ view }));
}

function fileName(name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9-]+/g, "-").replaceAll(/^-+|-+$/g, "");
  return plain === "" ? "workflow" : plain.slice(0, 60);
}
