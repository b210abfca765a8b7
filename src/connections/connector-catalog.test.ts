import { expect, test } from "bun:test";
import { registry } from "../../connectors/registry.generated.ts";
import { createConnectorCatalog } from "./connector-catalog.ts";

const catalog = createConnectorCatalog(registry);

test("every connector is listed once, whatever the size of the pages", async () => {
  const names: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await catalog.list({ limit: 2, cursor });
    expect(page.items.length).toBeLessThanOrEqual(2);
    names.push(...page.items.map(({ name }) => name));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(names).toEqual(Object.keys(registry).sort());
});

test("a connector tells its schemes, actions and triggers with their JSON Schemas", async () => {
  const http = await catalog.find("http");
  expect(http).toMatchObject({ name: "http", hosts: "from_connection" });
  expect(http.schemes.find(({ name }) => name === "bearer")?.credential).toMatchObject({
    type: "object",
    properties: { token: { type: "string", writeOnly: true } },
    required: ["token"],
  });
  expect(http.actions.find(({ name }) => name === "request")).toMatchObject({
    effect: "depends_on_input",
    input: { type: "object" },
  });
  expect((await catalog.find("webhook")).triggers).toMatchObject([{ name: "request", kind: "webhook" }]);
});

test.each(["nope", "toString", ""])("there is no connector %p", async (name) => {
  await expect(catalog.find(name)).rejects.toMatchObject({ code: "not_found" });
});
