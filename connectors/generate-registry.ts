import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/*
 * `bun connectors/generate-registry.ts` lists every folder that has a definition.ts in registry.generated.ts.
 * With `--check` it writes nothing and exits 1 when the file is stale.
 */

/** Also part of URLs and definitions; anything else is not a connector's folder but a mistake. */
const CONNECTOR_NAME = /^[a-z][a-z0-9-]*$/;

/** Names of the connectors in a folder, sorted. Throws for a folder whose name cannot be a connector's. */
export function findConnectors(folder: string): readonly string[] {
  const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, "definition.ts")));
  const misnamed = names.find((name) => !CONNECTOR_NAME.test(name));
  if (misnamed !== undefined) throw new Error(`connectors/${misnamed}: use lower-case letters, digits and hyphens`);
  return names.sort();
}

/** The text of registry.generated.ts. */
export function renderRegistry(names: readonly string[]): string {
  const entries = names.map((name) => {
    const key = name.includes("-") ? JSON.stringify(name) : name;
    return `  ${key}: async () => (await import("./${name}/definition.ts")).default,\n`;
  });
  return [
    "// Written by connectors/generate-registry.ts; run it after adding or removing a connector's folder.\n",
    'import type { ConnectorRegistry } from "../src/connector-sdk/connector.ts";\n\n',
    `export const registry: ConnectorRegistry = {\n${entries.join("")}};\n`,
  ].join("");
}

function main(): void {
  const file = join(import.meta.dir, "registry.generated.ts");
  const text = renderRegistry(findConnectors(import.meta.dir));
  const isCurrent = existsSync(file) && readFileSync(file, "utf8") === text;
  if (isCurrent) return;
  if (!process.argv.includes("--check")) return writeFileSync(file, text);
  process.stderr.write("connectors/registry.generated.ts is stale; run: bun connectors/generate-registry.ts\n");
  process.exitCode = 1;
}

if (import.meta.main) main();
