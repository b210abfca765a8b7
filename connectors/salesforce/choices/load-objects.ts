import type { LoadChoices } from "../../../src/connector-sdk/fields.ts";
import { listOf } from "../describe-object.ts";

export const loadObjects: LoadChoices = async ({ api, search }) => {
  const { body } = await api({ path: "/sobjects" });
  const wanted = search.trim().toLowerCase();
  const options = listOf(body, "sobjects")
    .filter(({ queryable, deprecatedAndHidden }) => queryable !== false && deprecatedAndHidden !== true)
    .map(({ name, label }) => ({ value: String(name), title: String(label ?? name) }))
    .filter(({ value, title }) => `${title} ${value}`.toLowerCase().includes(wanted));
  return { options, nextCursor: null };
};
