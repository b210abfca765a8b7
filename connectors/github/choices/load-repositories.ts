import type { LoadChoices } from "../../../src/connector-sdk/fields.ts";
import { INSTALLATION_REPOSITORIES, installationOf } from "../installation.ts";
import { readChoices } from "./read-choices.ts";

/** Those worked on lately come first, where GitHub can sort them. */
export const loadRepositories: LoadChoices = async (context) =>
  readChoices(
    context,
    installationOf(context.credential) === null
      ? { path: "/user/repos", query: { sort: "pushed" } }
      : { path: INSTALLATION_REPOSITORIES },
    (item) => ({ value: String(item.full_name), title: String(item.full_name) }),
  );
