import { afterAll, beforeAll, expect, test } from "bun:test";
import { openWorkspaces, type Workspaces } from "../../test/api/open-workspaces.ts";
import { createVariableManager, type VariableManager } from "./manage-variables.ts";

let world: Workspaces;
let variables: VariableManager;
let changes = 0;

beforeAll(async () => {
  world = await openWorkspaces();
  const { backend, clock } = world;
  variables = createVariableManager({
    backend,
    clock,
    changed: () => {
      changes += 1;
    },
  });
});
afterAll(() => world.close());

test("what is given is all there is afterwards, and caches are told", async () => {
  await variables.replace(world.ours, [
    { name: "region", value: "EU" },
    { name: "rates", value: { VAT: 0.19 } },
  ]);
  await variables.replace(world.ours, [{ name: "rates", value: { VAT: 0.2 } }]);
  expect(await variables.list(world.ours)).toMatchObject([{ name: "rates", value: { VAT: 0.2 } }]);
  expect(await variables.list(world.theirs)).toEqual([]);
  expect(changes).toBe(2);
});

test("one that keeps its value keeps the time of its last change", async () => {
  await variables.replace(world.ours, [
    { name: "a", value: [1] },
    { name: "b", value: 1 },
  ]);
  const before = world.clock.now();
  world.clock.advance(1_000);
  await variables.replace(world.ours, [
    { name: "a", value: [1] },
    { name: "b", value: 2 },
  ]);
  const [a, b] = await variables.list(world.ours);
  expect([a?.updatedAt, b?.updatedAt]).toEqual([before, before + 1_000]);
});

test.each([
  ["a name that expressions cannot read", [{ name: "my-var", value: 1 }], "data[0].name"],
  ["a name that is taken by objects", [{ name: "__proto__", value: 1 }], "data[0].name"],
  [
    "a name twice",
    [
      { name: "a", value: 1 },
      { name: "a", value: 2 },
    ],
    "data[1].name",
  ],
  ["a value that is too large", [{ name: "a", value: "ü".repeat(40_000) }], "data[0].value"],
  ["too many", Array.from({ length: 501 }, (_, index) => ({ name: `v${index}`, value: 1 })), "data"],
])("%s is refused and nothing is changed", async (_what, wanted, path) => {
  const before = await variables.list(world.ours);
  await expect(variables.replace(world.ours, wanted)).rejects.toMatchObject({ code: "invalid", fields: [{ path }] });
  expect(await variables.list(world.ours)).toEqual(before);
});
