import { withNext } from "../../../../views/connections/with-next.ts";
import type { StandingView, TriggerPanel } from "../../../../views/workflows/editor-view.ts";
import type { TriggerForm } from "../../../connections/connector-forms.ts";
import type { FieldError } from "../../../domain/errors.ts";
import type { FormField } from "../../../domain/form-field.ts";
import type { Json } from "../../../domain/json.ts";
import { sampleBodyFor } from "../../../domain/sample-body.ts";
import type { TriggerDefinition } from "../../../domain/workflow.ts";
import { unfinishedOf } from "../../../domain/workflow-draft.ts";
import type { OpenDraft } from "../../../engine/drafts/edit-drafts.ts";
import { previewSchedule } from "../../../engine/schedule-preview.ts";
import type { TriggerStanding } from "../../../engine/triggers/read-trigger.ts";
import { sha256Hex } from "../../../platform/crypto/digest.ts";
import { describeFields } from "../describe-fields.ts";
import type { EditorSources } from "./editor-sources.ts";
import { selectField } from "./field-kit.ts";
import type { Places } from "./selection.ts";

/** Fields beside the connector's own. */
export async function triggerFieldsOf(form: TriggerForm | null, sources: EditorSources): Promise<readonly FormField[]> {
  if (!form?.takesConnection) return [];
  const title = form.kind === "webhook" ? "Signing secret" : "Connection";
  return [selectField("connection", title, await sources.connections(form.connector))];
}

const SHOWN_TIMES = 5;

export async function describeTriggerPanel(
  { draft, problems }: Pick<OpenDraft, "draft" | "problems">,
  webhookUrl: string | null,
  places: Places,
  sources: EditorSources,
  nowMs: number,
  standing: TriggerStanding | null,
  warnings: readonly string[],
): Promise<TriggerPanel> {
  const { trigger } = draft.definition;
  const form = await sources.forms.trigger(trigger.connector, trigger.trigger);
  let errors: readonly FieldError[] = problems
    .filter(({ about }) => about === "trigger")
    .map(({ path, message }) => ({
      path: /^(?:input|trigger)(?:$|[.[])/.test(path) ? path : `trigger.${path}`,
      message,
    }));
  const common = {
    unfinished: unfinishedOf(draft, null),
    expressions: "none" as const,
    choicesHref: (field: string) => places.choices(null, field),
    idPrefix: "trigger-",
    labels: trigger.labels,
  };
  const take = (described: ReturnType<typeof describeFields>) => {
    errors = described.others;
    return described.fields;
  };
  const own = trigger.connection === undefined ? {} : { connection: trigger.connection };
  const input = take(
    describeFields({ ...common, fields: form?.fields ?? [], value: trigger.input, prefix: "input", errors }),
  );
  const connection = take(
    describeFields({ ...common, fields: await triggerFieldsOf(form, sources), value: own, prefix: "trigger", errors }),
  );
  const zone = trigger.input.cron === undefined ? null : trigger.input.timezone;
  return {
    kind: "trigger",
    title: form?.title ?? `${trigger.connector}: ${trigger.trigger}`,
    about: form?.description ?? "This trigger is not there any more. Choose another.",
    icon: { connector: trigger.connector },
    base: triggerBaseOf(trigger),
    // What the other fields offer is asked of the account; a webhook's secret is an afterthought.
    main: form?.kind === "webhook" ? [...input, ...connection] : [...connection, ...input],
    others: errors.map(({ path, message }) => `${path.replace(/^trigger\./, "")} ${message}`),
    newConnectionHref: form?.takesConnection ? withNext(`/connections/new/${form.connector}`, places.trigger) : null,
    changeHref: places.chooseTrigger,
    webhook:
      form?.kind === "webhook"
        ? {
            url: webhookUrl,
            curl: webhookUrl === null ? null : curlFor(webhookUrl, sampleBodyFor(draft.definition, form.bodySample)),
          }
        : null,
    standing: standing && describeStanding(standing),
    warnings,
    nextTimes:
      form?.kind === "schedule"
        ? {
            times: previewSchedule(trigger.input, nowMs, SHOWN_TIMES),
            zone: typeof zone === "string" ? zone : trigger.input.cron === undefined ? null : "UTC",
          }
        : null,
  };
}

const STATES = {
  starting: { tone: "warning", text: "Starting: it is being registered, or looks for the first time in a moment." },
  working: { tone: "success", text: "Working" },
  waiting_for_connection: { tone: "warning", text: "Waiting: its connection has to be mended first." },
  failing: { tone: "danger", text: "Failing: it is tried again and again." },
  stopping: { tone: "warning", text: "Stopping: it is being taken away at the provider." },
} as const;

function describeStanding({ state, problem, succeededAt, nextAt }: TriggerStanding): StandingView | null {
  return state === "off" ? null : { ...STATES[state], problem, succeededAt, nextAt };
}

export function triggerBaseOf(trigger: TriggerDefinition): string {
  return sha256Hex(JSON.stringify(trigger)).slice(0, 16);
}

/** In single quotes a shell changes nothing but the quote itself. */
function curlFor(url: string, sample: Json): string {
  const body = JSON.stringify(sample ?? {}).replaceAll("'", String.raw`'\''`);
  return `curl -X POST '${url}' -H 'Content-Type: application/json' -d '${body}'`;
}
