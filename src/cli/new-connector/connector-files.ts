import actionsCreateContact from "./template/actions/create-contact.ts.txt" with { type: "text" };
import actionsListContacts from "./template/actions/list-contacts.ts.txt" with { type: "text" };
import actionsTest from "./template/actions.test.ts.txt" with { type: "text" };
import authSchemes from "./template/auth-schemes.ts.txt" with { type: "text" };
import choicesLoadLists from "./template/choices/load-lists.ts.txt" with { type: "text" };
import definition from "./template/definition.ts.txt" with { type: "text" };
import fields from "./template/fields.ts.txt" with { type: "text" };
import icon from "./template/icon.svg.txt" with { type: "text" };
import readContacts from "./template/read-contacts.ts.txt" with { type: "text" };
import samples from "./template/samples.ts.txt" with { type: "text" };
import testingMaker from "./template/testing/maker.ts.txt" with { type: "text" };
import triggersNewContactTest from "./template/triggers/new-contact.test.ts.txt" with { type: "text" };
import triggersNewContact from "./template/triggers/new-contact.ts.txt" with { type: "text" };

/**
 * The files of a new connector by their path in its folder. They stand under `template/` as texts: TypeScript that
 * becomes code where it is copied to, and goes into the binary with this one.
 */
const TEMPLATE: Readonly<Record<string, string>> = {
  "actions.test.ts": actionsTest,
  "actions/create-contact.ts": actionsCreateContact,
  "actions/list-contacts.ts": actionsListContacts,
  "auth-schemes.ts": authSchemes,
  "choices/load-lists.ts": choicesLoadLists,
  "definition.ts": definition,
  "fields.ts": fields,
  "icon.svg": icon,
  "read-contacts.ts": readContacts,
  "samples.ts": samples,
  "testing/maker.ts": testingMaker,
  "triggers/new-contact.test.ts": triggersNewContactTest,
  "triggers/new-contact.ts": triggersNewContact,
};

export function connectorFiles(name: string, title: string): Readonly<Record<string, string>> {
  const fill = (text: string) =>
    text
      .replaceAll("__NAME__", name.replaceAll("-", "_").toUpperCase())
      .replaceAll("__name__", name)
      .replaceAll("__title__", title);
  return Object.fromEntries(Object.entries(TEMPLATE).map(([path, text]) => [path, fill(text)]));
}
