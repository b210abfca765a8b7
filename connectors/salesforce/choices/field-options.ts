import type { ChoicesPage, LoadContext } from "../../../src/connector-sdk/fields.ts";
import { describeFields, type FieldDescription } from "../describe-object.ts";

/** The chosen object's fields that `isWanted`, by label. */
export async function fieldOptions(
  { api, input, search }: LoadContext & { readonly search: string },
  isWanted: (field: FieldDescription) => boolean,
): Promise<ChoicesPage> {
  const wanted = search.trim().toLowerCase();
  const fields = await describeFields(api, String(input.object ?? ""));
  const options = fields
    .filter(isWanted)
    .map(({ name, label }) => ({ value: name, title: label }))
    .filter(({ value, title }) => `${title} ${value}`.toLowerCase().includes(wanted));
  return { options, nextCursor: null };
}
