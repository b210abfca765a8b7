import type { ConnectorRegistry } from "../connector-sdk/connector.ts";
import type { AuditEntry, ChainVerdict } from "../domain/audit.ts";
import type { ApiKey, Backend, Workflow } from "../domain/backend.ts";
import type { Scope } from "../domain/tenant.ts";
import type { Log, LogLevel } from "../platform/log.ts";
import type { Setting } from "../platform/read-settings.ts";
import type { Suggest } from "./parse-arguments.ts";

/** What commands may use of the process and of the rest of the product; `main.ts` wires it. */
export interface CommandContext {
  /** How this program is called here, for hints that can be pasted. */
  readonly programName: string;
  /** The repository when running from source, null in the binary. */
  readonly sourceFolder: string | null;
  readonly version: () => Promise<string>;
  readonly settings: readonly Setting<unknown>[];
  readonly readConfig: () =>
    | { readonly ok: true; readonly config: CommandConfig }
    | { readonly ok: false; readonly message: string; readonly problems: readonly string[] };
  readonly suggest: Suggest;

  /** A line on standard output, which holds nothing but what was asked for. */
  readonly print: (line: string) => Promise<void>;
  /** A line on standard error. */
  readonly tell: (line: string) => Promise<void>;
  readonly readInput: (file: string) => Promise<string>;

  readonly startServer: (options: ServerOptions) => Promise<RunningServer>;
  /** Works beside a running server, which sees what was changed within a second. */
  readonly openServices: (config: CommandConfig) => Promise<CommandServices>;
  readonly loadConnectors: () => Promise<ConnectorRegistry>;
  readonly loadStorage: () => Promise<StorageTools>;
  readonly loadKeyCheck: () => Promise<KeyCheck>;
}

/** The part of the configuration that commands look at themselves. */
export interface CommandConfig {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly databaseUrl: string | null;
  readonly encryptionKey: Uint8Array | null;
  readonly egressAllow: readonly string[];
  readonly egressProxy: string | null;
  readonly logLevel: LogLevel;
  readonly shutdownGraceMs: number;
}

export interface ServerOptions {
  readonly config: CommandConfig;
  /** The one that is listened on, which differs from the configured one for PORT=0. */
  readonly port: number;
  readonly log: Log;
}

export interface RunningServer {
  readonly fetch: (request: Request, server: Bun.Server<undefined>) => Response | Promise<Response>;
  readonly countTenants: () => Promise<number>;
  /** Answers `/readyz` with 503 from now on and hands back what is not finished after `graceMs`. */
  readonly stop: (graceMs: number) => Promise<void>;
}

export interface CommandServices {
  readonly backend: Backend;
  readonly createApiKey: (
    scope: Scope,
    wanted: { readonly name: string; readonly scopes: readonly string[]; readonly expiresAt: number | null },
  ) => Promise<{ readonly apiKey: ApiKey; readonly secretText: string }>;
  readonly deleteApiKey: (scope: Scope, id: string) => Promise<boolean>;
  readonly workflows: {
    readonly create: (scope: Scope, definition: unknown) => Promise<Workflow>;
    readonly publish: (scope: Scope, id: string) => Promise<{ version: number; webhookUrl: string | null }>;
    readonly remove: (scope: Scope, id: string) => Promise<void>;
  };
  readonly verifyChains: (
    tenantSlug: string | null,
  ) => Promise<readonly { readonly tenant: string; readonly verdict: ChainVerdict }[]>;
  readonly exportAudit: (scope: Scope) => AsyncIterable<AuditEntry>;
  readonly close: () => Promise<void>;
}

/** The SQLite database as a file. */
export interface StorageTools {
  readonly databaseFile: (dataDir: string) => string;
  readonly migrationState: (file: string) => "current" | "pending" | "unknown";
  readonly backupTo: (dataDir: string, file: string) => Promise<void>;
}

export interface KeyCheck {
  readonly keyFile: (dataDir: string) => string;
}
