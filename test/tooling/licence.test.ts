import { expect, test } from "bun:test";
import { join } from "node:path";

const REPOSITORY = join(import.meta.dir, "../..");
/** SHA-256 of the Apache License 2.0 as the Apache Software Foundation publishes it. */
const APACHE_TEXT = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30";
const RULE = `${"-".repeat(80)}\n`;

test("LICENSE ends with the unchanged Apache License and names the folder that has its own", async () => {
  const [preface, apache] = (await Bun.file(join(REPOSITORY, "LICENSE")).text()).split(RULE) as [string, string];
  expect(new Bun.CryptoHasher("sha256").update(apache).digest("hex")).toBe(APACHE_TEXT);
  expect(preface).toContain("src/paid/LICENSE");
});

test("the paid features carry their own licence", async () => {
  const text = await Bun.file(join(REPOSITORY, "src/paid/LICENSE")).text();
  expect(text).toStartWith("IntegrationSync Commercial Licence\n");
});
