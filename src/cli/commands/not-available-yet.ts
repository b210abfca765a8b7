import { type Arguments, type Command, defineCommand, JSON_OPTION, type Options } from "../command.ts";

/*
 * Commands of the design whose part of the product does not exist yet. They take what they will take, so that a script
 * that is written too early is told so, instead of being told that it mistyped.
 */

export const connectorAdd = notAvailableYet("It comes with community connectors; connector list shows what there is.", {
  arguments: { source: { description: "Where the connector is." } },
});

export const licenseShow = notAvailableYet("It comes with paid features; nothing needs a licence now.", {
  options: { json: JSON_OPTION },
});

export const licenseActivate = notAvailableYet("It comes with paid features; nothing needs a licence now.", {
  arguments: { key: { description: "The licence key." } },
});

function notAvailableYet(
  details: string,
  takes: { readonly arguments?: Arguments; readonly options?: Options },
): Command {
  return defineCommand({
    details: `Not available yet. ${details}`,
    arguments: takes.arguments ?? {},
    options: takes.options ?? {},
    async run(_input, context) {
      await context.tell(`Not available yet. ${details}`);
      return 1;
    },
  });
}
