import type { LoadChoices } from "../../../src/connector-sdk/fields.ts";
import { readChoices } from "./read-choices.ts";

/** People, without those who have left and without bots. */
export const loadUsers: LoadChoices = async (context) =>
  readChoices(context, { path: "/users.list", query: {}, member: "members" }, (user) => {
    if (user.deleted === true || user.is_bot === true || user.id === "USLACKBOT") return null;
    return { value: String(user.id), title: user.real_name ? `${user.real_name} (@${user.name})` : `@${user.name}` };
  });
