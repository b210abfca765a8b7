import type { LoadChoices } from "../../../src/connector-sdk/fields.ts";
import { readChoices } from "./read-choices.ts";

/** Those worked on lately come first. */
export const loadRepositories: LoadChoices = async (context) =>
  readChoices(context, { path: "/user/repos", query: { sort: "pushed" } }, (item) => ({
    value: String(item.full_name),
    title: String(item.full_name),
  }));
