import { expect, test } from "bun:test";
import { AppError } from "../domain/errors.ts";
import { openCredential } from "./open-credential.ts";

const open = (error: unknown) =>
  openCredential({ open: () => Promise.reject(error) }, { tenantId: "ten_1", id: "conn_1" }, "v1.…");

test("what cannot be opened is told from what cannot be opened now", async () => {
  const unavailable = (detailCode?: string) =>
    new AppError("unavailable", "no", detailCode === undefined ? {} : { detailCode });
  expect(await open(unavailable("sealed_value_damaged"))).toEqual({ kind: "damaged", problem: "no" });
  expect(await open(unavailable("encryption_key_missing"))).toEqual({ kind: "key_missing", problem: "no" });
  // A database that is away for a moment must make no run wait for a person.
  expect(open(unavailable())).rejects.toMatchObject({ code: "unavailable" });
  expect(open(new Error("a bug"))).rejects.toThrow("a bug");
});
