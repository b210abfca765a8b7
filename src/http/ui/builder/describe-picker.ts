import type { PickerItem, PickerPanel } from "../../../../views/workflows/editor-view.ts";
import type { ConnectorSummary } from "../../../connections/connector-catalog.ts";
import type { EditorSources } from "./editor-sources.ts";
import { type Places, type Selection, writeLane } from "./selection.ts";
import { STEP_KINDS } from "./step-kinds.ts";

type Choosing = Extract<Selection, { kind: "add" | "change" | "choose_trigger" }>;

/** What can be put somewhere: first the connectors and the kinds of steps, then the actions of one connector. */
export async function describePicker(
  choosing: Choosing,
  connectors: readonly ConnectorSummary[],
  places: Places,
  sources: EditorSources,
): Promise<PickerPanel> {
  const isTrigger = choosing.kind === "choose_trigger";
  const common = { ...targetOf(choosing, places), kind: "picker" as const };
  const here = addressOf(choosing, places);
  if (choosing.connector !== null) {
    const found = await sources.forms.find(choosing.connector);
    const offered = (isTrigger ? found?.triggers : found?.actions) ?? [];
    const items = offered.map(
      (each): PickerItem => ({
        icon: { connector: each.connector },
        title: each.title,
        text: each.description,
        href: null,
        value: "action" in each ? `action:${each.connector}:${each.action}` : `${each.connector}:${each.trigger}`,
      }),
    );
    const title = found?.title ?? choosing.connector;
    return { ...common, title, backHref: here, groups: [{ title: isTrigger ? "Triggers" : "Actions", items }] };
  }
  const apps = await Promise.all(
    connectors
      .filter(({ actions, triggers }) => (isTrigger ? triggers : actions).length > 0)
      .map((connector) => toItem(connector, isTrigger, here, sources)),
  );
  const kinds = Object.entries(STEP_KINDS).map(
    ([kind, { title, text, icon }]): PickerItem => ({ icon: { icon }, title, text, href: null, value: `kind:${kind}` }),
  );
  const groups = isTrigger
    ? [{ title: "Starts when", items: apps }]
    : [
        { title: "Apps", items: apps },
        { title: "Flow", items: kinds },
      ];
  const title = isTrigger ? "Choose a trigger" : choosing.kind === "add" ? "Add a step" : "Change this step";
  return { ...common, title, backHref: null, groups };
}

/** Where there is only one thing to choose, the second choice is left out. */
async function toItem(
  { name, title, description, actions, triggers }: ConnectorSummary,
  isTrigger: boolean,
  here: string,
  sources: EditorSources,
): Promise<PickerItem> {
  const item = { icon: { connector: name }, title, text: description };
  const [only, another] = isTrigger ? triggers : actions;
  if (only === undefined || another !== undefined) return { ...item, href: `${here}&connector=${name}`, value: "" };
  const form = isTrigger ? await sources.forms.trigger(name, only) : await sources.forms.action(name, only);
  return {
    ...item,
    text: form?.description ?? description,
    href: null,
    value: isTrigger ? `${name}:${only}` : `action:${name}:${only}`,
  };
}

function addressOf(choosing: Choosing, places: Places): string {
  if (choosing.kind === "add") return places.add(choosing.spot);
  return choosing.kind === "change" ? places.change(choosing.stepId) : places.chooseTrigger;
}

function targetOf(choosing: Choosing, places: Places): Pick<PickerPanel, "action" | "hidden"> {
  switch (choosing.kind) {
    case "add":
      return {
        action: `${places.root}/steps`,
        hidden: { lane: writeLane(choosing.spot.lane), after: choosing.spot.after ?? "" },
      };
    case "change":
      return { action: `${places.root}/steps/${choosing.stepId}/kind`, hidden: {} };
    case "choose_trigger":
      return { action: `${places.root}/trigger/choose`, hidden: {} };
  }
}
