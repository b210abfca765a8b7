import { afterAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { settings } from "../../src/config.ts";
import { CONFIGURATION_DOC, renderConfigurationDoc } from "./configuration-doc.ts";
import { runCli, tempFolder } from "./run-cli.ts";

const folder = tempFolder();
afterAll(() => folder[Symbol.dispose]());

/** Wrong for every variable whose value has a form. */
const NONSENSE = "two words";

describe("a bad value stops the start with one line that names the variable and says what to give", () => {
  const variables = Object.values(settings).map(({ variable }) => variable);
  test.each(variables.filter((variable) => variable !== "DATA_DIR"))("%s", async (variable) => {
    const { exitCode, stdout, stderr } = await runCli(folder, [], { env: { [variable]: NONSENSE } });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toMatch(new RegExp(`^${variable} .*: give .+\\n$`));
  });

  test("DATA_DIR, when it is a file", async () => {
    const file = join(folder.path, "file");
    writeFileSync(file, "");
    const { exitCode, stdout, stderr } = await runCli(folder, [], { env: { DATA_DIR: file, PORT: "0" } });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toMatch(/^DATA_DIR .*file.*\n$/);
  });

  test("HOST, when it is not an address of this machine", async () => {
    const { exitCode, stderr } = await runCli(folder, [], { env: { HOST: "192.0.2.1", PORT: "0" } });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^Cannot listen .*HOST "192\.0\.2\.1".*HOST=127\.0\.0\.1\n$/);
  });

  test("DATABASE_URL, when no Postgres answers there", async () => {
    const env = { DATABASE_URL: "postgres://127.0.0.1:1/x", ENCRYPTION_KEY: "0".repeat(64), PORT: "0" };
    const { exitCode, stderr } = await runCli(folder, [], { env });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^.*127\.0\.0\.1:1\/x cannot be opened.*Check DATABASE_URL.*\n$/);
  });
});

describe("mail", () => {
  const smtp = { SMTP_URL: "smtp://user:hunter2@mail.example.com:587" };
  const resend = { RESEND_API_KEY: "re_hunter2" };
  const from = { MAIL_FROM: "IntegrationSync <integrations@example.com>" };
  test.each([
    [smtp, "MAIL_FROM is needed with SMTP_URL: give an address, for example MAIL_FROM="],
    [resend, "MAIL_FROM is needed with RESEND_API_KEY: give an address, for example MAIL_FROM="],
    [{ ...smtp, ...resend, ...from }, "RESEND_API_KEY is set together with SMTP_URL: give one of the two\n"],
    [{ ...from, SMTP_URL: "smtp://user:hunter%2@mail.example.com" }, "SMTP_URL is not usable: give a mail server"],
    [{ ...from, SMTP_URL: "smtp://mail.example.com/path?tls=no" }, "SMTP_URL is not usable: give a mail server"],
    [{ ...from, SMTP_URL: "http://mail.example.com" }, "SMTP_URL is not usable: give a mail server"],
  ])("%j stops the start", async (env, message) => {
    const { exitCode, stderr } = await runCli(folder, ["tenant", "list"], { env });
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining(message) });
    expect(stderr).not.toContain("hunter");
  });

  test.each([{ ...smtp, ...from }, { ...resend, ...from }, from])("%j is taken", async (env) => {
    expect((await runCli(folder, ["tenant", "list"], { env })).exitCode).toBe(0);
  });
});

test("commands say it in the same way as the server", async () => {
  const { exitCode, stderr } = await runCli(folder, ["tenant", "list"], { env: { PORT: "abc" } });
  expect(exitCode).toBe(1);
  expect(stderr).toBe('PORT is "abc": give a port number from 0 to 65535, for example PORT=3000\n');
});

test("docs/configuration.md is up to date; `bun test/cli/configuration-doc.ts` writes it", async () => {
  expect(await Bun.file(CONFIGURATION_DOC).text()).toBe(renderConfigurationDoc());
});
