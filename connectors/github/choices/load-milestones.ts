import type { LoadChoices } from "../../../src/connector-sdk/fields.ts";
import { repositoryPath } from "../repository-path.ts";
import { readChoices, repositoryOf } from "./read-choices.ts";

export const loadMilestones: LoadChoices = async (context) =>
  readChoices(context, { path: `${repositoryPath(repositoryOf(context.input))}/milestones` }, (item) => ({
    value: String(item.number),
    title: String(item.title),
  }));
