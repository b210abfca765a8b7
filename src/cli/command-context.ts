import type { ConnectorRegistry } from "../connector-sdk/connector.ts";
import type { ApiKey } from "../domain/api-key-store.ts";
import type { AuditEntry, ChainVerdict } from "../domain/audit.ts";
import type { Backend } from "../domain/backend.ts";
import type { Page, PageRequest } from "../domain/page.ts";
import type { ApiKeyScope, Role } from "../domain/permission.ts";
import type { Scope, Tenant } from "../domain/tenant.ts";
import type { User } from "../domain/user.ts";
import type { Workflow } from "../domain/workflow-store.ts";
import type { Log, LogLevel } from "../platform/log.ts";
import type { Setting } from "../platform/read-settings.ts";

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
  /** A file, or standard input for `-`; `not_found` when it cannot be read. */
  readonly readInput: (file: string) => Promise<Uint8Array>;

  readonly startServer: (options: ServerOptions) => Promise<RunningServer>;
  /** Works beside a running server, which sees what was changed within a second. */
  readonly openServices: () => Promise<CommandServices>;
  readonly loadConnectors: () => Promise<ConnectorRegistry>;
  readonly loadStorage: () => Promise<StorageTools>;
  /** Moves the embedded database's installation to the configured Postgres; `moved` is told as it goes. */
  readonly moveToPostgres: (moved: (rows: MovedRows) => Promise<void>) => Promise<readonly MovedRows[]>;
  /** How a start would find the database. Changes nothing. */
  readonly examineDatabase: () => Promise<DatabaseVerdict>;
  readonly checkEncryptionKey: () => Promise<KeyVerdict>;
}

/** The name among `candidates` that was most likely meant, or undefined. */
export type Suggest = (name: string, candidates: readonly string[]) => Promise<string | undefined>;

/** The part of the configuration that commands look at themselves. */
export interface CommandConfig {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly databaseUrl: string | null;
  readonly encryptionKeys: readonly Uint8Array[] | null;
  readonly egressAllow: readonly string[];
  readonly egressProxy: string | null;
  readonly logLevel: LogLevel;
  readonly keepAliveSeconds: number;
  readonly shutdownGraceMs: number;
}

export interface ServerOptions {
  /** The one that is listened on, which differs from the configured one for PORT=0. */
  readonly port: number;
  readonly log: Log;
}

export interface RunningServer {
  readonly fetch: (request: Request, server: Bun.Server<undefined>) => Response | Promise<Response>;
  /** Where the first person sets the installation up; null when there is somebody. Each call makes a new link. */
  readonly setupLink: () => Promise<string | null>;
  /** `/readyz` answers 503 from now on; hands back the runs that are not finished after `graceMs`. */
  readonly stop: (graceMs: number) => Promise<void>;
  /** After the last answer. */
  readonly close: () => Promise<void>;
}

/** The flows behind the commands, over an open backend. */
export interface CommandServices {
  readonly backend: Backend;
  readonly apiKeys: {
    readonly create: (scope: Scope, wanted: NewApiKey) => Promise<{ readonly key: ApiKey; readonly text: string }>;
    readonly list: (scope: Scope, page: PageRequest) => Promise<Page<ApiKey>>;
    readonly remove: (scope: Scope, id: string) => Promise<void>;
  };
  readonly users: {
    readonly create: (scope: Scope, request: NewPerson) => Promise<User>;
    /** Rejects with `not_found`. */
    readonly resetLink: (scope: Scope, email: string) => Promise<string>;
  };
  readonly workflows: {
    readonly create: (scope: Scope, definition: unknown) => Promise<Workflow>;
    readonly publish: (scope: Scope, id: string) => Promise<{ version: number; webhookUrl: string | null }>;
    readonly remove: (scope: Scope, id: string) => Promise<void>;
  };
  /** Each opens the keys when it is called, and rejects with `unavailable` when they are not usable. */
  readonly keys: {
    readonly status: () => Promise<KeyStatus>;
    readonly rotateKeyEncryptionKey: () => Promise<{
      readonly from: string;
      readonly to: string;
      readonly rewrapped: number;
    }>;
    readonly rotateDataKeys: () => Promise<{ readonly tenants: number; readonly secrets: number }>;
  };
  readonly audit: {
    readonly verifyChains: (tenants: readonly Tenant[]) => Promise<readonly TenantVerdict[]>;
    readonly exportEntries: (scope: Scope) => AsyncIterable<AuditEntry>;
  };
  readonly close: () => Promise<void>;
}

export interface KeyStatus {
  readonly current: string;
  readonly known: readonly string[];
  readonly isRotating: boolean;
  /** Data keys by the id of the key that wraps them. */
  readonly wrappedBy: Readonly<Record<string, number>>;
  readonly secrets: { readonly newest: number; readonly earlier: number };
}

export interface NewPerson {
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly password: string;
  readonly isOperator: boolean;
}

/** How many rows a table of Postgres has, and how many there were for it. */
export interface MovedRows {
  readonly table: string;
  readonly source: number;
  readonly target: number;
}

export interface NewApiKey {
  readonly name: string;
  readonly scopes: readonly ApiKeyScope[];
  /** Epoch milliseconds; null: never. */
  readonly expiresAt: number | null;
}

export interface TenantVerdict {
  readonly tenant: Tenant;
  readonly verdict: ChainVerdict;
}

/** The SQLite database as a file. */
export interface StorageTools {
  readonly databaseFile: (dataDir: string) => string;
  /** Makes this process the only one that may serve from the folder; returns how to let go. Throws `conflict`. */
  readonly lockDataDir: (dataDir: string) => () => void;
  /** Throws `not_found` without a database, `conflict` when the file exists, `unavailable` when it cannot be written. */
  readonly backupTo: (dataDir: string, file: string) => void;
  /** Rejects with `not_found` when there is no such file. */
  readonly verifyBackup: (file: string) => Promise<BackupVerdict>;
  /** Moves what is in the write-ahead log of a database file into it, unless another process has it open. */
  readonly foldLog: (file: string) => "folded" | "in_use" | "damaged";
}

export type BackupVerdict =
  | { readonly ok: true; readonly tenants: number; readonly runs: number; readonly auditEntries: number }
  | { readonly ok: false; readonly problem: string };

/** `empty`: never used. `unknown`: a newer version has written it. */
export type DatabaseVerdict =
  | {
      readonly state: "empty" | "current" | "pending" | "unknown";
      /** How far this machine's clock is ahead of the database server's; null when that is this machine. */
      readonly clockAheadMs: number | null;
    }
  | { readonly state: "unreachable"; readonly message: string };

/** `unused`: nothing was sealed yet. `unchecked`: the database cannot be read as it is. */
export type KeyVerdict =
  | { readonly kind: "unused" | "fits" | "unchecked" }
  | { readonly kind: "unusable"; readonly message: string };
