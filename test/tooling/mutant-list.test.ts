import { expect, test } from "bun:test";
import { join } from "node:path";
import { MUTANTS } from "../simulation/mutant-list.ts";

test("what the mutants take away is there to be taken", async () => {
  for (const { file, remove } of MUTANTS)
    expect(await Bun.file(join(import.meta.dir, "../..", file)).text()).toContain(remove);
});
