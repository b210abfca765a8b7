import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { AppError } from "../../domain/errors.ts";
import { defineCommand } from "../command.ts";
import { connectorFiles } from "../new-connector/connector-files.ts";
import { UsageError } from "../usage-error.ts";

export const connectorNew = defineCommand({
  details:
    "Writes connectors/<name> with an OAuth app, an API key, two actions, a polling trigger, live choices and the tests\n" +
    "of all of them, against an API that does not exist. Replace it by the maker's; docs/connectors.md says how.\n" +
    "Needs the source: run it in a checkout.",
  arguments: { name: { description: "Lower-case letters, digits and hyphens; part of every workflow that uses it." } },
  options: { title: { value: "title", description: "As people read it. Default: the name with a capital." } },

  async run({ arguments: { name }, options }, context) {
    if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
      throw new UsageError(`"${name}" is no connector's name: use lower-case letters, digits and single hyphens.`);
    const title = options.title ?? titleOf(name);
    if (/["\\`$]/.test(title)) throw new UsageError("A title has no quotes, backslashes or dollar signs.");
    const sources = [resolve("."), ...(context.sourceFolder === null ? [] : [context.sourceFolder])];
    const connectors = sources.map((source) => join(source, "connectors")).find(isSource);
    if (connectors === undefined)
      throw new AppError("not_found", "There is no source here; run this in a checkout of IntegrationSync.");
    const folder = join(connectors, name);
    if (existsSync(folder)) throw new AppError("conflict", `connectors/${name} exists already; nothing was written.`);
    const files = connectorFiles(name, title);
    for (const [path, text] of Object.entries(files)) {
      const file = join(folder, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    // Afterwards: a reader that goes away, such as `head`, must not leave half a connector behind.
    for (const path of Object.keys(files)) await context.print(`connectors/${name}/${path}`);
    await context.tell(`Next: bun run generate, then bun test connectors/${name}`);
    return 0;
  },
});

function isSource(connectors: string): boolean {
  return existsSync(join(connectors, "registry.generated.ts"));
}

function titleOf(name: string): string {
  const words = name.replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
