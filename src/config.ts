import { resolve } from "node:path";
import {
  egressAllowList,
  forwardProxy,
  isNetwork,
  keys256,
  listenHost,
  listOf,
  mailServer,
  matching,
  oneOf,
  pemCertificates,
  token,
  url,
  webOrigin,
  wholeNumber,
} from "./platform/parse-setting.ts";
import { describeProblem, optional, readSettings, type SettingValues, withDefault } from "./platform/read-settings.ts";

/**
 * Everything the process is told from outside, and the only reader of `process.env`. A variable is named in this table
 * and nowhere else: it reads the environment, writes the messages about bad values, docs/configuration.md and
 * `serve --help`.
 */
export const settings = {
  port: withDefault({
    variable: "PORT",
    group: "Server",
    default: "3000",
    description: "Port to listen on. 0 takes any free one and prints it.",
    give: "a port number from 0 to 65535, for example PORT=3000",
    parse: wholeNumber(0, 65_535),
  }),
  host: withDefault({
    variable: "HOST",
    group: "Server",
    default: "127.0.0.1",
    description: "Address to listen on. Behind a reverse proxy on the same machine, keep the default.",
    give: "an address of this machine, for example HOST=0.0.0.0 for all of them",
    parse: listenHost,
  }),
  publicUrl: optional({
    variable: "PUBLIC_URL",
    group: "Server",
    defaultText: "`http://localhost:PORT`",
    description: "Address under which people and webhooks reach the server. Stands in links and OAuth redirects.",
    give: "scheme, host and port without a path, for example PUBLIC_URL=https://integrations.example.com",
    parse: webOrigin,
  }),
  trustedProxies: withDefault({
    variable: "TRUSTED_PROXIES",
    group: "Server",
    default: "",
    description: "Reverse proxies whose `X-Forwarded-*` headers are believed.",
    give: "addresses or networks, separated by commas, for example TRUSTED_PROXIES=10.0.0.0/8,fd00::/8",
    parse: listOf(isNetwork),
  }),
  maxBodyBytes: withDefault({
    variable: "MAX_BODY_BYTES",
    group: "Server",
    default: "1048576",
    description: "Largest request body in bytes; anything larger is answered with 413.",
    give: "bytes from 1024 to 104857600 (100 MiB), for example MAX_BODY_BYTES=1048576",
    parse: wholeNumber(1_024, 104_857_600),
  }),
  keepAliveSeconds: withDefault({
    variable: "KEEP_ALIVE_SECONDS",
    group: "Server",
    default: "75",
    description:
      "How long a connection on which nothing is sent stays open. Longer than the proxy or load balancer in front keeps it " +
      "(most of them 60 seconds), or it sends requests into connections that are just being closed.",
    give: "seconds from 1 to 255, for example KEEP_ALIVE_SECONDS=75",
    parse: wholeNumber(1, 255),
  }),
  shutdownGraceMs: withDefault({
    variable: "SHUTDOWN_GRACE_MS",
    group: "Server",
    default: "25000",
    description: "How long a stop waits for steps under way, in milliseconds, before it hands their runs back.",
    give: "milliseconds from 0 to 600000, for example SHUTDOWN_GRACE_MS=25000",
    parse: wholeNumber(0, 600_000),
  }),
  dataDir: withDefault({
    variable: "DATA_DIR",
    group: "Data",
    default: "./data",
    description: "Folder of the SQLite database and the key file. One server at a time uses it.",
    give: "a folder, for example DATA_DIR=/var/lib/integrationsync",
    parse: (text) => ({ ok: true, value: resolve(text) }),
  }),
  databaseUrl: optional({
    variable: "DATABASE_URL",
    group: "Data",
    defaultText: "SQLite in `DATA_DIR`",
    description: "Postgres database, for several replicas.",
    give: "a Postgres address, for example DATABASE_URL=postgres://user:password@db.example.com/integrationsync",
    secret: true,
    parse: url(["postgres:", "postgresql:"]),
  }),
  encryptionKeys: optional({
    variable: "ENCRYPTION_KEY",
    group: "Security",
    defaultText: "a key file in `DATA_DIR`, made at the first start",
    description:
      "Key that encrypts the credentials. Keep it apart from backups; without it they cannot be read. To change it, give " +
      "the new key and the old one, separated by a comma, and run `integrationsync key rotate`.",
    give: "32 bytes as base64 or as 64 hexadecimal digits; make one with: openssl rand -base64 32",
    secret: true,
    parse: keys256,
  }),
  egressAllow: withDefault({
    variable: "EGRESS_ALLOW",
    group: "Security",
    default: "",
    description:
      "Private targets that workflows may call; everything not on the public internet is refused otherwise, and so is " +
      "a credential over plain http to a host that is not named here.",
    give: "addresses, networks or host names, separated by commas, for example EGRESS_ALLOW=10.0.0.0/8,*.corp.example",
    parse: egressAllowList,
  }),
  egressProxy: optional({
    variable: "EGRESS_PROXY",
    group: "Security",
    description: "The company's forward proxy; all outgoing calls go through it.",
    give: "the address of an HTTP proxy, for example EGRESS_PROXY=http://user:password@proxy.example.com:3128",
    secret: true,
    parse: forwardProxy,
  }),
  extraCaCerts: optional({
    variable: "EXTRA_CA_CERTS",
    group: "Security",
    description: "Certificate authorities to trust besides the built-in ones, for the company's own TLS.",
    give: "a PEM file (or its text), for example EXTRA_CA_CERTS=/etc/ssl/company-ca.pem",
    parse: pemCertificates,
  }),
  maxQueuedRuns: withDefault({
    variable: "MAX_QUEUED_RUNS",
    group: "Runs",
    default: "250000",
    description: "Unfinished runs that one tenant may have; further triggers are answered with 429.",
    give: "a number from 1 to 100000000, for example MAX_QUEUED_RUNS=250000",
    parse: wholeNumber(1, 100_000_000),
  }),
  maxRunningPerTenant: optional({
    variable: "MAX_RUNNING_PER_TENANT",
    group: "Runs",
    description:
      "Runs of one tenant that may be under way at a time, on all replicas together; the others wait. Without it there is no such cap.",
    give: "a number from 1 to 100000, for example MAX_RUNNING_PER_TENANT=50",
    parse: wholeNumber(1, 100_000),
  }),
  runRetentionDays: withDefault({
    variable: "RUN_RETENTION_DAYS",
    group: "Runs",
    default: "30",
    description: "Days that finished runs are kept; 0 keeps them for ever. Unfinished runs are never removed.",
    give: "days from 0 to 3650, for example RUN_RETENTION_DAYS=30",
    parse: wholeNumber(0, 3_650),
  }),
  maxParkedDays: withDefault({
    variable: "MAX_PARKED_DAYS",
    group: "Runs",
    default: "30",
    description: "Days that a run waits for a connection to be reconnected or a rate limit to pass before it fails.",
    give: "days from 1 to 3650, for example MAX_PARKED_DAYS=30",
    parse: wholeNumber(1, 3_650),
  }),
  logLevel: withDefault({
    variable: "LOG_LEVEL",
    group: "Monitoring",
    default: "info",
    description: "Least important log lines to write; they go to standard error, as JSON unless it is a terminal.",
    give: "debug, info, warn or error, for example LOG_LEVEL=info",
    parse: oneOf(["debug", "info", "warn", "error"]),
  }),
  metricsToken: optional({
    variable: "METRICS_TOKEN",
    group: "Monitoring",
    description: "Bearer token that Prometheus presents at `/metrics`; without it the page does not exist.",
    give: "characters without spaces; make one with: openssl rand -hex 32",
    secret: true,
    parse: token,
  }),
  sentryDsn: optional({
    variable: "SENTRY_DSN",
    group: "Monitoring",
    description: "Sentry project that errors are reported to.",
    give: "the DSN from the project's settings, for example SENTRY_DSN=https://key@sentry.example.com/1",
    parse: url(["https:", "http:"], (dsn) => dsn.username !== "" && /\/\d+$/.test(dsn.pathname)),
  }),
  otelEndpoint: optional({
    variable: "OTEL_EXPORTER_OTLP_ENDPOINT",
    group: "Monitoring",
    description: "OpenTelemetry collector that traces are sent to (OTLP over HTTP).",
    give: "an http(s) address, for example OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318",
    parse: url(["https:", "http:"]),
  }),
  smtpUrl: optional({
    variable: "SMTP_URL",
    group: "Mail",
    description:
      "Mail server for notifications, invitations and links for a new password. `smtps` is TLS from the start, `smtp` uses " +
      "STARTTLS; a password is sent over TLS only. The ports are 465 and 587 unless one is given; an `@` in a user is written %40.",
    give: "a mail server, for example SMTP_URL=smtps://user:password@mail.example.com:465",
    secret: true,
    parse: mailServer,
  }),
  resendApiKey: optional({
    variable: "RESEND_API_KEY",
    group: "Mail",
    description:
      "Sends mail through Resend instead of a mail server (`SMTP_URL`); `EGRESS_PROXY` is used if it is set.",
    give: "the key from Resend's dashboard, which starts with re_",
    secret: true,
    parse: matching(/^re_[\x21-\x7e]+$/),
  }),
  mailFrom: optional({
    variable: "MAIL_FROM",
    group: "Mail",
    description: "Sender of the mail; needed with either of the two.",
    give: 'an address, for example MAIL_FROM="IntegrationSync <integrations@example.com>"',
    parse: matching(/^(?:[^<>@\s]+@[^<>@\s]+|[^<>@\r\n]*<[^<>@\s]+@[^<>@\s]+>)$/),
  }),
  stripeSecretKey: optional({
    variable: "STRIPE_SECRET_KEY",
    group: "Payment",
    description: "Stripe, for those who bill tenants.",
    give: "a secret or restricted key from Stripe's dashboard, which starts with sk_ or rk_",
    secret: true,
    parse: matching(/^[sr]k_[\x21-\x7e]+$/),
  }),
  stripeWebhookSecret: optional({
    variable: "STRIPE_WEBHOOK_SECRET",
    group: "Payment",
    description: "Proves that a billing event comes from Stripe.",
    give: "the signing secret of the webhook endpoint in Stripe's dashboard, which starts with whsec_",
    secret: true,
    parse: matching(/^whsec_[\x21-\x7e]+$/),
  }),
  licenseKey: optional({
    variable: "LICENSE_KEY",
    group: "Payment",
    description: "Licence key that unlocks the paid features; works offline.",
    give: "the licence key as it was sent to you, without line breaks",
    secret: true,
    parse: token,
  }),
  licenseSigningKey: optional({
    variable: "LICENSE_SIGNING_KEY",
    group: "Payment",
    description: "Private key that issues licences. Only the vendor has one.",
    give: "the private key in one line without spaces",
    secret: true,
    parse: token,
  }),
  anthropicApiKey: optional({
    variable: "ANTHROPIC_API_KEY",
    group: "AI",
    description: "Anthropic's models, for the AI features.",
    give: "the key from Anthropic's console",
    secret: true,
    parse: token,
  }),
  openaiApiKey: optional({
    variable: "OPENAI_API_KEY",
    group: "AI",
    description: "OpenAI's models or any server that speaks the same protocol.",
    give: "the key of that service",
    secret: true,
    parse: token,
  }),
  openaiBaseUrl: optional({
    variable: "OPENAI_BASE_URL",
    group: "AI",
    description: "Where an OpenAI-compatible or local model answers.",
    give: "an http(s) address, for example OPENAI_BASE_URL=http://localhost:11434/v1",
    parse: url(["https:", "http:"]),
  }),
};

export interface Config extends Omit<SettingValues<typeof settings>, "publicUrl"> {
  readonly publicUrl: string;
  /** `<PROVIDER>_CLIENT_ID` and `_CLIENT_SECRET` by the provider's name in lower case; public clients have no secret. */
  readonly providerClients: ReadonlyMap<string, { readonly id: string; readonly secret: string | null }>;
  /** By variable, such as `SLACK_SIGNING_SECRET`: what a provider signs its app's events with. */
  readonly appSecrets: ReadonlyMap<string, string>;
}

export type ReadConfig =
  | { readonly ok: true; readonly config: Config }
  /** `message` is one line; `problems` has such a line for each bad variable. */
  | { readonly ok: false; readonly message: string; readonly problems: readonly string[] };

type Environment = { readonly [variable: string]: string | undefined };

export function readConfig(environment: Environment = process.env): ReadConfig {
  const read = readSettings(settings, environment);
  if (!read.ok) return refuse(read.problems);
  const { values } = read;
  if (values.databaseUrl !== null && values.encryptionKeys === null) {
    // Replicas share no folder that a key file could lie in.
    return refuse([describeProblem(settings.encryptionKeys, "is needed with DATABASE_URL")]);
  }
  const mailProblem = mailProblemOf(values);
  if (mailProblem !== null) return refuse([mailProblem]);
  const publicUrl = values.publicUrl ?? localUrl(values.port);
  const providerClients = readProviderClients(environment);
  const appSecrets = readAppSecrets(environment);
  return { ok: true, config: { ...values, publicUrl, providerClients, appSecrets } };
}

/** A mail server without a sender could not send; two ways to send would leave open which one is meant. */
function mailProblemOf(values: SettingValues<typeof settings>): string | null {
  const { smtpUrl, resendApiKey, mailFrom } = settings;
  if (values.smtpUrl !== null && values.resendApiKey !== null)
    return describeProblem({ ...resendApiKey, give: "one of the two" }, `is set together with ${smtpUrl.variable}`);
  const server = values.smtpUrl !== null ? smtpUrl : values.resendApiKey !== null ? resendApiKey : null;
  return server !== null && values.mailFrom === null
    ? describeProblem(mailFrom, `is needed with ${server.variable}`)
    : null;
}

/** The port that the system chose for PORT=0 also stands in the public address, unless that one was given. */
export function withListeningPort(config: Config, port: number): Config {
  const publicUrl = config.publicUrl === localUrl(config.port) ? localUrl(port) : config.publicUrl;
  return { ...config, port, publicUrl };
}

function localUrl(port: number): string {
  return `http://localhost:${port}`;
}

function refuse(problems: readonly string[]): ReadConfig {
  const [first = "", ...others] = problems;
  const names = others.map((problem) => problem.slice(0, problem.indexOf(" ")));
  const message = names.length === 0 ? first : `${first} (also wrong: ${names.join(", ")})`;
  return { ok: false, message, problems };
}

/** No other variables: a connector must not be able to have a secret of ours compared with what is sent to it. */
const APP_SECRET = /^[A-Z][A-Z0-9_]*_(?:SIGNING_SECRET|WEBHOOK_SECRET|VERIFICATION_TOKEN)$/;

function readAppSecrets(environment: Environment): Config["appSecrets"] {
  const ours = new Set(Object.values(settings).map(({ variable }) => variable as string));
  const secrets = new Map<string, string>();
  for (const [variable, text] of Object.entries(environment))
    if (APP_SECRET.test(variable) && !ours.has(variable) && text?.trim()) secrets.set(variable, text.trim());
  return secrets;
}

function readProviderClients(environment: Environment): Config["providerClients"] {
  const clients = new Map<string, { id: string; secret: string | null }>();
  for (const [variable, id] of Object.entries(environment)) {
    const provider = /^([A-Z][A-Z0-9_]*)_CLIENT_ID$/.exec(variable)?.[1];
    if (!provider || !id?.trim()) continue;
    const secret = environment[`${provider}_CLIENT_SECRET`]?.trim();
    clients.set(provider.toLowerCase(), { id: id.trim(), secret: secret || null });
  }
  return clients;
}
