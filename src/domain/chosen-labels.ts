import type { Json, JsonObject } from "./json.ts";

/*
 * What values of an input are called that were chosen from a list: the channel's name beside its id, so that a form and
 * a diff can be read without asking the provider. A run never looks at them.
 */

export type ChosenLabels = Readonly<Record<string, string>>;

export const LABEL_LIMITS = { labels: 200, valueChars: 500, labelChars: 200 } as const;

/** Those of values that stand in the input; undefined when there are none. */
export function keepLabels(input: JsonObject, labels: ChosenLabels): ChosenLabels | undefined {
  const texts = new Set<string>();
  collectTexts(input, texts);
  const kept = Object.entries(labels)
    .filter(([value, label]) => texts.has(value) && isLabel(value, label))
    .slice(0, LABEL_LIMITS.labels);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** Null for a value that nothing is known of. */
export function labelOf(labels: ChosenLabels | undefined, value: string): string | null {
  return labels !== undefined && Object.hasOwn(labels, value) ? labels[value]! : null;
}

function isLabel(value: string, label: string): boolean {
  const fits = value.length <= LABEL_LIMITS.valueChars && label.length <= LABEL_LIMITS.labelChars;
  return fits && label !== "" && label !== value && value !== "__proto__";
}

function collectTexts(value: Json, texts: Set<string>): void {
  if (typeof value === "string") texts.add(value);
  else if (typeof value === "object" && value !== null)
    for (const inner of Object.values(value)) collectTexts(inner as Json, texts);
}
