import type { BannerView } from "../../../views/workflows/editor-view.ts";
import { keepLabels } from "../../domain/chosen-labels.ts";
import { AppError } from "../../domain/errors.ts";
import { type WorkflowDraft, withUnfinished } from "../../domain/workflow-draft.ts";
import type { DraftEdit } from "../../engine/drafts/edit-drafts.ts";
import type { UnsavedTrigger } from "./builder/describe-editor.ts";
import { triggerBaseOf, triggerFieldsOf } from "./builder/describe-trigger-panel.ts";
import { createEditorSources } from "./builder/editor-sources.ts";
import { showEdited, showEditor } from "./builder/show-editor.ts";
import { readLabels } from "./fields-form.ts";
import { definePage } from "./page-route.ts";
import { readFieldsForm } from "./read-fields-form.ts";

const TRIGGER = { kind: "trigger" } as const;

/** What starts a workflow. */
export const workflowTriggerPages = [
  definePage({
    method: "POST",
    path: "/workflows/:id/trigger",
    access: "workflow.write",
    async handle(call, services) {
      const { form, params, signedIn } = call;
      const before = await services.drafts.open(signedIn.scope, params.id);
      if (form.get("overwrite") === "theirs") return showEdited(call, { open: before, selection: TRIGGER }, services);
      const { connector, trigger } = before.draft.definition.trigger;
      const sources = createEditorSources(signedIn.scope, services);
      const shown = await sources.forms.trigger(connector, trigger);
      const ownFields = await triggerFieldsOf(shown, sources);
      let mine: UnsavedTrigger | null = null;
      const apply = (draft: WorkflowDraft): DraftEdit => {
        const current = draft.definition.trigger;
        mine = null;
        if (!shown || current.connector !== connector || current.trigger !== trigger) return { kind: "conflict" };
        const input = readFieldsForm(shown.fields, [...form], "input", { previous: current.input });
        const own = readFieldsForm(ownFields, [...form], "trigger").value;
        const labels = keepLabels(input.value, { ...current.labels, ...readLabels([...form]) });
        const changed = { connector, trigger, ...own, input: input.value, ...(labels && { labels }) };
        mine = { trigger: changed, unfinished: input.unfinished, base: form.get("base") ?? "" };
        const isCurrent = form.get("base") === triggerBaseOf(current) || form.get("overwrite") === "yes";
        if (!isCurrent) return { kind: "conflict" };
        const definition = { ...draft.definition, trigger: changed };
        return {
          kind: "change",
          draft: withUnfinished({ ...draft, definition }, null, input.unfinished),
          what: "changed the trigger",
        };
      };
      const { outcome, message, ...open } = await services.drafts.edit(signedIn.scope, params.id, apply);
      if (outcome === "saved") return showEdited(call, { open, selection: TRIGGER }, services);
      const title = "Somebody else has changed the trigger meanwhile";
      const unsavedTrigger = mine as UnsavedTrigger | null;
      const banner: BannerView = unsavedTrigger
        ? { tone: "warning", title, text: "What you entered is still below, but not stored.", overwrite: true }
        : { tone: "warning", title, text: message ?? "It is another trigger by now and shown as it is." };
      return showEditor(call, { open, selection: TRIGGER, banner, unsavedTrigger }, services, 409);
    },
  }),

  definePage({
    method: "POST",
    path: "/workflows/:id/trigger/choose",
    access: "workflow.write",
    async handle(call, services) {
      const { scope } = call.signedIn;
      const [connector = "", trigger = ""] = (call.form.get("choice") ?? "").split(":");
      const sources = createEditorSources(scope, services);
      const chosen = await sources.forms.trigger(connector, trigger);
      if (!chosen) throw new AppError("invalid", "Choose a trigger from the list.");
      const connections =
        chosen.takesConnection && chosen.kind !== "webhook" ? await sources.connections(connector) : [];
      const [only, another] = connections;
      const apply = (draft: WorkflowDraft): DraftEdit => {
        const { connection, connector: before, trigger: beforeTrigger, input, labels } = draft.definition.trigger;
        const isSame = before === connector && beforeTrigger === trigger;
        const kept = before === connector ? connection : only && !another ? only.value : undefined;
        const next = {
          connector,
          trigger,
          ...(kept !== undefined && { connection: kept }),
          input: isSame ? input : {},
          ...(isSame && labels && { labels }),
        };
        const cleared = isSame ? draft : withUnfinished(draft, null, []);
        const definition = { ...draft.definition, trigger: next };
        return { kind: "change", draft: { ...cleared, definition }, what: `trigger ${connector} ${trigger}` };
      };
      const { outcome: _, message: __, ...open } = await services.drafts.edit(scope, call.params.id, apply);
      return showEdited(call, { open, selection: TRIGGER }, services);
    },
  }),
];
