import type { Json, JsonObject } from "../../domain/json.ts";
import type { Services } from "../services.ts";
import { isOwnKind, STEP_KINDS } from "./builder/step-kinds.ts";

type Forms = Pick<Services, "connectorForms">;

/**
 * A publication's `changes` (domain/workflow-changes.ts) in lines to read. Those of older entries hold the ids of steps
 * alone; and since entries are kept for ever, nothing about their shape is taken for granted.
 */
export async function linesOfChanges(
  { changes, fromVersion }: JsonObject,
  services: Forms,
): Promise<readonly string[]> {
  const from = typeof fromVersion === "number" ? [`Version ${fromVersion} once more`] : [];
  const read = asObject(changes);
  if (!read) return from;
  const titles = asObject(read.titles) ?? {};
  const titleOf = async (id: string) => {
    const title = textAt(titles, id);
    return title === null ? `“${id}”` : `“${await nameOf(title, services)}” (${id})`;
  };
  const listed = async (key: string) => Promise.all(asTexts(read[key]).map(titleOf));
  const [added, removed, changed] = await Promise.all([listed("added"), listed("removed"), listed("changed")]);
  const parts = asObject(read.parts) ?? {};
  const name = asObject(read.name);
  const isFirst = name !== null && (name.from ?? null) === null;
  const lines = [
    ...(isFirst ? ["The first version"] : []),
    ...(name && !isFirst ? [`Renamed from “${textAt(name, "from")}” to “${textAt(name, "to")}”`] : []),
    ...(await linesOfTrigger(read, isFirst, services)),
    ...(read.settings === true && name === null ? ["Settings changed"] : []),
    ...linesAbout("Added", added),
    ...linesAbout("Removed", removed),
    ...asTexts(read.changed).map((id, index) => `Changed ${changed[index]}${partsText(asTexts(parts[id]))}`),
    ...(read.moved === true ? ["Steps stand in another order"] : []),
  ];
  return [...from, ...(lines.length === 0 ? ["Nothing is different from the version before"] : lines)];
}

async function linesOfTrigger(changes: JsonObject, isFirst: boolean, services: Forms): Promise<readonly string[]> {
  const startedBy = asObject(changes.startedBy);
  if (!startedBy) return changes.trigger === true ? ["Trigger changed"] : [];
  const [from, to] = [textAt(startedBy, "from"), textAt(startedBy, "to")];
  const now = await nameOf(to ?? "", services, "trigger");
  if (isFirst || from === null) return [`Started by ${now}`];
  return [`Started by ${now}, before by ${await nameOf(from, services, "trigger")}`];
}

function linesAbout(what: string, steps: readonly string[]): readonly string[] {
  if (steps.length === 0) return [];
  return [`${what} ${steps.length === 1 ? "" : `${steps.length} steps: `}${steps.join(", ")}`];
}

/** `input.channelId` → "channel id": what stands in a step is of its form. */
function partsText(parts: readonly string[]): string {
  const words = parts.map((part) =>
    part
      .replace(/^input\./, "")
      .replace(/_/g, " ")
      .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
  );
  return words.length === 0 ? "" : `: ${words.join(", ")}`;
}

/** `slack/post_message` → "Slack · Post a message"; a name that people have given is what it is. */
async function nameOf(
  title: string,
  { connectorForms }: Forms,
  part: "action" | "trigger" = "action",
): Promise<string> {
  if (isOwnKind(title)) return STEP_KINDS[title].title;
  const [, connector = "", name = ""] = /^([\w-]+)\/([\w-]+)$/.exec(title) ?? [];
  if (connector === "") return title;
  const form = await connectorForms[part](connector, name);
  return form ? `${form.connectorTitle} · ${form.title}` : title;
}

function asObject(value: Json | undefined): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

function asTexts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

function textAt(object: JsonObject, key: string): string | null {
  const value = Object.hasOwn(object, key) ? object[key] : null;
  return typeof value === "string" ? value : null;
}
