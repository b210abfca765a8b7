import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Config, readConfig, settings, withListeningPort } from "./config.ts";
import { makeCertificate } from "./platform/egress/testing/make-certificate.ts";
import type { Setting } from "./platform/read-settings.ts";

function read(environment: Record<string, string>): Config {
  const result = readConfig(environment);
  if (!result.ok) throw new Error(result.message);
  return result.config;
}

function complaint(environment: Record<string, string>): string {
  const result = readConfig(environment);
  if (result.ok) throw new Error("the configuration was accepted");
  return result.message;
}

const KEY = "0".repeat(64);

describe("an empty environment", () => {
  test("gives a server for this machine, with SQLite in ./data", () => {
    expect(read({})).toMatchObject({
      port: 3000,
      host: "127.0.0.1",
      publicUrl: "http://localhost:3000",
      dataDir: resolve("data"),
      databaseUrl: null,
      encryptionKeys: null,
      egressAllow: [],
      trustedProxies: [],
      maxBodyBytes: 1_048_576,
      maxQueuedRuns: 250_000,
      runRetentionDays: 30,
      maxParkedDays: 30,
      keepAliveSeconds: 75,
      shutdownGraceMs: 25_000,
      logLevel: "info",
      metricsToken: null,
    });
  });

  test("is the same as one whose variables are empty or blank", () => {
    const blank = Object.fromEntries(Object.values(settings).map(({ variable }) => [variable, "  "]));
    expect(read(blank)).toEqual(read({}));
  });
});

test("secrets of providers' apps are read, and none of our own is among them", () => {
  const environment = {
    SLACK_SIGNING_SECRET: " 8f74 ",
    ACME_WEBHOOK_SECRET: "w",
    STRIPE_WEBHOOK_SECRET: "whsec_1",
    X_SECRET: "x",
  };
  expect(Object.fromEntries(read(environment).appSecrets)).toEqual({
    SLACK_SIGNING_SECRET: "8f74",
    ACME_WEBHOOK_SECRET: "w",
  });
});

describe("good values", () => {
  test.each<[string, string, keyof Config, unknown]>([
    ["PORT", " 8080\n", "port", 8080],
    ["PORT", "0", "port", 0],
    ["HOST", "::", "host", "::"],
    ["HOST", "host.internal", "host", "host.internal"],
    ["PUBLIC_URL", "https://int.example.com/", "publicUrl", "https://int.example.com"],
    ["DATA_DIR", "/srv/x", "dataDir", "/srv/x"],
    ["EGRESS_ALLOW", "10.0.0.0/8, *.corp.example:8443,", "egressAllow", ["10.0.0.0/8", "*.corp.example:8443"]],
    ["EGRESS_PROXY", "http://me:pw@proxy.example:3128", "egressProxy", "http://me:pw@proxy.example:3128"],
    ["TRUSTED_PROXIES", "127.0.0.1, fd00::/8", "trustedProxies", ["127.0.0.1", "fd00::/8"]],
    ["RUN_RETENTION_DAYS", "0", "runRetentionDays", 0],
    ["MAX_PARKED_DAYS", "7", "maxParkedDays", 7],
    ["LOG_LEVEL", "debug", "logLevel", "debug"],
    ["SMTP_URL", "smtps://u:p@mail.example.com", "smtpUrl", "smtps://u:p@mail.example.com"],
    ["MAIL_FROM", "Int <a@example.com>", "mailFrom", "Int <a@example.com>"],
    ["SENTRY_DSN", "https://k@sentry.example.com/42", "sentryDsn", "https://k@sentry.example.com/42"],
  ])("%s=%j is read", (variable, text, name, value) => {
    expect(read({ MAIL_FROM: "Int <a@example.com>", [variable]: text })[name]).toEqual(value as never);
  });

  test("the encryption key is the same 32 bytes in hex, base64 and base64url", () => {
    const bytes = crypto.getRandomValues(new Uint8Array(32));
    const base64 = bytes.toBase64();
    for (const text of [bytes.toHex(), base64, base64.replaceAll("=", ""), bytes.toBase64({ alphabet: "base64url" })])
      expect(read({ ENCRYPTION_KEY: text }).encryptionKeys).toEqual([bytes]);
  });

  test("while it is being changed there are two encryption keys, the new one first", () => {
    const keys = read({ ENCRYPTION_KEY: `${"1".repeat(64)}, ${KEY}` }).encryptionKeys;
    expect(keys).toEqual([new Uint8Array(32).fill(0x11), new Uint8Array(32)]);
  });

  test("the public address follows the port, also one that the system chose", () => {
    expect(read({ PORT: "4000" }).publicUrl).toBe("http://localhost:4000");
    expect(withListeningPort(read({ PORT: "0" }), 4321)).toMatchObject({
      port: 4321,
      publicUrl: "http://localhost:4321",
    });
    const given = read({ PORT: "0", PUBLIC_URL: "https://int.example.com" });
    expect(withListeningPort(given, 4321).publicUrl).toBe("https://int.example.com");
  });

  test("OAuth clients of any provider are collected, with or without a secret", () => {
    const { providerClients } = read({
      GITHUB_CLIENT_ID: "gid",
      GITHUB_CLIENT_SECRET: "gs",
      MICROSOFT_ENTRA_CLIENT_ID: "mid",
      LONELY_CLIENT_SECRET: "x",
      EMPTY_CLIENT_ID: "",
    });
    expect(Object.fromEntries(providerClients)).toEqual({
      github: { id: "gid", secret: "gs" },
      microsoft_entra: { id: "mid", secret: null },
    });
  });
});

describe("bad values", () => {
  test.each([
    ["PORT", "abc"],
    ["PORT", "-1"],
    ["PORT", "65536"],
    ["PORT", "3000.5"],
    ["PORT", "0x10"],
    ["HOST", "http://localhost"],
    ["HOST", "a b"],
    ["PUBLIC_URL", "int.example.com"],
    ["PUBLIC_URL", "ftp://int.example.com"],
    ["PUBLIC_URL", "https://int.example.com/app"],
    ["PUBLIC_URL", "https://user@int.example.com"],
    ["DATABASE_URL", "mysql://db"],
    ["DATABASE_URL", "db.sqlite"],
    ["ENCRYPTION_KEY", "tooshort"],
    ["ENCRYPTION_KEY", `${KEY},tooshort`],
    ["ENCRYPTION_KEY", `${KEY},`],
    ["ENCRYPTION_KEY", "0".repeat(63)],
    ["ENCRYPTION_KEY", "!".repeat(44)],
    ["EGRESS_ALLOW", "10.0.0.0/99"],
    ["EGRESS_ALLOW", "http://internal"],
    ["EGRESS_PROXY", "proxy:3128"],
    ["EGRESS_PROXY", "socks5://proxy:1080"],
    ["EXTRA_CA_CERTS", "/no/such/file.pem"],
    ["EXTRA_CA_CERTS", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"],
    ["TRUSTED_PROXIES", "10.0.0.0/33"],
    ["TRUSTED_PROXIES", "proxy.local"],
    ["MAX_BODY_BYTES", "1MB"],
    ["MAX_BODY_BYTES", "10"],
    ["MAX_QUEUED_RUNS", "0"],
    ["RUN_RETENTION_DAYS", "-1"],
    ["SHUTDOWN_GRACE_MS", "25s"],
    ["LOG_LEVEL", "verbose"],
    ["METRICS_TOKEN", "two words"],
    ["SMTP_URL", "mail.example.com:25"],
    ["RESEND_API_KEY", "key"],
    ["MAIL_FROM", "nobody"],
    ["SENTRY_DSN", "https://sentry.example.com/1"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318"],
    ["STRIPE_SECRET_KEY", "pk_live_1"],
    ["STRIPE_WEBHOOK_SECRET", "secret"],
    ["LICENSE_KEY", "line\nbreak"],
    ["LICENSE_SIGNING_KEY", "a b"],
    ["ANTHROPIC_API_KEY", "a b"],
    ["OPENAI_API_KEY", "a b"],
    ["OPENAI_BASE_URL", "localhost"],
  ])("%s=%j is refused in one line that names it and says what to give", (variable, text) => {
    const message = complaint({ [variable]: text });
    expect(message).toStartWith(`${variable} `);
    expect(message).toContain(": give ");
    expect(message).not.toContain("\n");
    expect(message.length).toBeLessThan(250);
  });

  test("no variable but the folder's takes any text whatever", () => {
    for (const { variable } of Object.values<Setting<unknown>>(settings)) {
      if (variable === "DATA_DIR") continue;
      expect(readConfig({ [variable]: "two words\u0000" }).ok, variable).toBeFalse();
    }
  });

  test("the message shows the value and an example", () => {
    expect(complaint({ PORT: "abc" })).toBe('PORT is "abc": give a port number from 0 to 65535, for example PORT=3000');
    expect(complaint({ TRUSTED_PROXIES: "10.0.0.1,oops" })).toContain('TRUSTED_PROXIES has "oops"');
  });

  test("a secret is never repeated, nor is more than a bit of anything long", () => {
    for (const { variable, secret } of Object.values<Setting<unknown>>(settings))
      if (secret) expect(complaint({ [variable]: "hunter2 hunter2" })).not.toContain("hunter2");
    expect(complaint({ PORT: "9".repeat(10_000) }).length).toBeLessThan(200);
  });

  test("several are told with the first, and one by one as problems", () => {
    const result = readConfig({ PORT: "abc", LOG_LEVEL: "loud" });
    expect(result).toMatchObject({ ok: false, problems: [expect.any(String), expect.stringContaining("LOG_LEVEL")] });
    expect(complaint({ PORT: "abc", LOG_LEVEL: "loud" })).toEndWith("(also wrong: LOG_LEVEL)");
  });

  test("Postgres without a key is refused: replicas share no folder for a key file", () => {
    const environment = { DATABASE_URL: "postgres://db/x" };
    expect(complaint(environment)).toContain("ENCRYPTION_KEY is needed with DATABASE_URL");
    expect(read({ ...environment, ENCRYPTION_KEY: KEY }).databaseUrl).toBe("postgres://db/x");
  });
});

test("extra certificates are read from a file, or taken as text", () => {
  const folder = mkdtempSync(join(tmpdir(), "config-"));
  try {
    const file = join(folder, "ca.pem");
    writeFileSync(file, "no certificate in here");
    expect(complaint({ EXTRA_CA_CERTS: file })).toContain("EXTRA_CA_CERTS holds no certificate");
    const pem = makeCertificate(["ca.test"]).cert;
    writeFileSync(file, `The company's authorities:\n${pem}\n${pem}`);
    expect(read({ EXTRA_CA_CERTS: file }).extraCaCerts).toContain(pem);
    expect(read({ EXTRA_CA_CERTS: pem }).extraCaCerts).toBe(pem.trim());
  } finally {
    rmSync(folder, { recursive: true });
  }
});
