import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findConnectors, renderRegistry } from "./generate-registry.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "connectors-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function addFolder(name: string, file: string): void {
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, file), "");
}

describe("findConnectors", () => {
  test("lists the folders with a definition, sorted", () => {
    addFolder("zoom", "definition.ts");
    addFolder("google-drive", "definition.ts");
    addFolder("notes", "readme.md");
    expect(findConnectors(folder)).toEqual(["google-drive", "zoom"]);
  });

  test("refuses a name that could not stand in a definition", () => {
    addFolder("Bad Name", "definition.ts");
    expect(() => findConnectors(folder)).toThrow("connectors/Bad Name: use lower-case letters, digits and hyphens");
  });
});

test("each connector is loaded by its own import", () => {
  const text = renderRegistry(["google-drive", "http"]);
  expect(text).toContain('  "google-drive": async () => (await import("./google-drive/definition.ts")).default,\n');
  expect(text).toContain('  http: async () => (await import("./http/definition.ts")).default,\n');
});
