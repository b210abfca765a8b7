import type { LoadChoices } from "../../../src/connector-sdk/fields.ts";
import { repositoryPath } from "../repository-path.ts";
import { readChoices, repositoryOf } from "./read-choices.ts";

export const loadAssignees: LoadChoices = async (context) =>
  readChoices(context, { path: `${repositoryPath(repositoryOf(context.input))}/assignees` }, (item) => ({
    value: String(item.login),
    title: String(item.login),
  }));
