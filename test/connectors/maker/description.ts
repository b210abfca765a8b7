import { existsSync } from "node:fs";
import { join } from "node:path";
import type { OpenAPIV3 } from "openapi-types";

/*
 * Makers' own API descriptions. They stay outside the repository (some are large, none is ours): `SPECS_DIR` names the
 * folder, by default the one beside the repository.
 */

const FOLDER = process.env.SPECS_DIR ?? join(import.meta.dir, "../../../../shared/specs");

export type Description = OpenAPIV3.Document;

/** Operations of our own writing, for what a maker documents in prose only; the same shape as in a description. */
export type AddedPaths = OpenAPIV3.PathsObject;

/** A file's name in the folder without `.json`, or a description written here where a maker publishes none. */
export type DescriptionSource = string | Description;

export function hasDescription(source: DescriptionSource): boolean {
  return typeof source !== "string" || existsSync(fileOf(source));
}

/** How to get what is missing, for the line that says how much was skipped. */
export function whereToPut(name: string): string {
  return `no description at ${fileOf(name)}; set SPECS_DIR`;
}

export async function readDescription(source: DescriptionSource): Promise<Description> {
  return typeof source === "string" ? Bun.file(fileOf(source)).json() : source;
}

/** The description with our own operations, and stricter than published: see `refuseUnknownMembers`. */
export function prepareDescription(published: Description, added: AddedPaths): Description {
  const description = structuredClone(published);
  refuseUnknownMembers(description);
  description.paths = { ...description.paths, ...added };
  return description;
}

function fileOf(name: string): string {
  return join(FOLDER, `${name}.json`);
}

type Node = Record<string, unknown>;

/**
 * Makers seldom write `additionalProperties: false`, and then a misspelt member of a request body would pass. Every
 * schema that lists its properties is closed, unless it says something about the others itself or is one part of a
 * combination, where the members of the other parts would be refused.
 */
function refuseUnknownMembers(description: Description): void {
  const combined = new Set<string>();
  walk(description, (node) => {
    for (const part of partsOf(node)) if (typeof part.$ref === "string") combined.add(part.$ref);
  });
  for (const item of Object.values(description.paths)) {
    for (const operation of Object.values(item ?? {})) {
      if (isNode(operation) && isNode(operation.requestBody)) walk(operation.requestBody, close, true);
    }
  }
  for (const [name, schema] of Object.entries(description.components?.schemas ?? {})) {
    if (!combined.has(`#/components/schemas/${name}`)) walk(schema, close, true);
  }
}

function close(node: Node): void {
  if (node.additionalProperties !== undefined || !isNode(node.properties) || partsOf(node).length > 0) return;
  if (node.type === undefined || node.type === "object") node.additionalProperties = false;
}

function partsOf(node: Node): Node[] {
  return [node.allOf, node.anyOf, node.oneOf].flatMap((parts) => (Array.isArray(parts) ? parts.filter(isNode) : []));
}

function walk(node: unknown, visit: (node: Node) => void, skipParts = false): void {
  if (Array.isArray(node)) for (const item of node) walk(item, visit, skipParts);
  if (!isNode(node)) return;
  visit(node);
  for (const [key, inner] of Object.entries(node)) {
    if (key === "example" || key === "examples") continue;
    if (skipParts && (key === "allOf" || key === "anyOf" || key === "oneOf")) continue;
    walk(inner, visit, skipParts);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
