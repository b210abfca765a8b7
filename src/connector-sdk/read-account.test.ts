import { expect, test } from "bun:test";
import { readAccount } from "./read-account.ts";

test("an account is one that the answer names, and never the text undefined", () => {
  expect(readAccount("T1", "Acme")).toEqual({ id: "T1", label: "Acme" });
  expect(readAccount(583231, undefined)).toEqual({ id: "583231", label: "583231" });
  for (const id of [undefined, null, "", {}, true])
    expect(() => readAccount(id, "Acme")).toThrow("does not say whose account it is");
});
