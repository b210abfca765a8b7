import type { LoadChoices } from "../../../src/connector-sdk/fields.ts";
import { repositoryPath } from "../repository-path.ts";
import { readChoices, repositoryOf } from "./read-choices.ts";

export const loadLabels: LoadChoices = async (context) =>
  readChoices(context, { path: `${repositoryPath(repositoryOf(context.input))}/labels` }, (item) => ({
    value: String(item.name),
    title: String(item.name),
  }));
