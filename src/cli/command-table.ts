import type { Command } from "./command.ts";

export interface CommandEntry {
  /** As typed: `tenant create`. */
  readonly name: string;
  readonly summary: string;
  /** A command's code is read only when it is called: the server's start does not pay for the others. */
  readonly load: () => Promise<Command>;
}

/** Typed without a command, the program serves. */
export const DEFAULT_COMMAND = "serve";

export const commandTable: readonly CommandEntry[] = [
  {
    name: "serve",
    summary: "Run the server (also without any command).",
    load: async () => (await import("./commands/serve.ts")).serve,
  },
  {
    name: "migrate",
    summary: "Bring the database up to date with this version.",
    load: async () => (await import("./commands/migrate.ts")).migrate,
  },
  {
    name: "doctor",
    summary: "Check the installation and say how to fix what is wrong.",
    load: async () => (await import("./commands/doctor.ts")).doctor,
  },
  {
    name: "healthcheck",
    summary: "Succeed when the server on this machine answers.",
    load: async () => (await import("./commands/healthcheck.ts")).healthcheck,
  },
  {
    name: "backup",
    summary: "Write a copy of the database, also while the server runs.",
    load: async () => (await import("./commands/backup.ts")).backup,
  },
  {
    name: "restore",
    summary: "Replace the database by a backup.",
    load: async () => (await import("./commands/restore.ts")).restore,
  },
  {
    name: "tenant create",
    summary: "Add a tenant.",
    load: async () => (await import("./commands/tenant-create.ts")).tenantCreate,
  },
  {
    name: "tenant list",
    summary: "List the tenants.",
    load: async () => (await import("./commands/tenant-list.ts")).tenantList,
  },
  {
    name: "user create",
    summary: "Add a user.",
    load: async () => (await import("./commands/user-create.ts")).userCreate,
  },
  {
    name: "user reset-link",
    summary: "Print a link with which a user chooses a new password.",
    load: async () => (await import("./commands/user-reset-link.ts")).userResetLink,
  },
  {
    name: "api-key create",
    summary: "Make an API key and print it, once.",
    load: async () => (await import("./commands/api-key-create.ts")).apiKeyCreate,
  },
  {
    name: "api-key list",
    summary: "List a workspace's API keys.",
    load: async () => (await import("./commands/api-key-list.ts")).apiKeyList,
  },
  {
    name: "api-key delete",
    summary: "Delete an API key; it stops working at once.",
    load: async () => (await import("./commands/api-key-delete.ts")).apiKeyDelete,
  },
  {
    name: "workflow export",
    summary: "Print workflow definitions as JSON.",
    load: async () => (await import("./commands/workflow-export.ts")).workflowExport,
  },
  {
    name: "workflow import",
    summary: "Create workflows from JSON.",
    load: async () => (await import("./commands/workflow-import.ts")).workflowImport,
  },
  {
    name: "connector list",
    summary: "List the connectors with their triggers and actions.",
    load: async () => (await import("./commands/connector-list.ts")).connectorList,
  },
  {
    name: "connector new",
    summary: "Write the folder of a new connector, with its tests (in a checkout).",
    load: async () => (await import("./commands/connector-new.ts")).connectorNew,
  },
  {
    name: "connector add",
    summary: "Add a community connector (not available yet).",
    load: async () => (await import("./commands/not-available-yet.ts")).connectorAdd,
  },
  {
    name: "license show",
    summary: "Show the licence (not available yet).",
    load: async () => (await import("./commands/not-available-yet.ts")).licenseShow,
  },
  {
    name: "license activate",
    summary: "Activate a licence key (not available yet).",
    load: async () => (await import("./commands/not-available-yet.ts")).licenseActivate,
  },
  {
    name: "audit verify",
    summary: "Find out whether the audit log was tampered with.",
    load: async () => (await import("./commands/audit-verify.ts")).auditVerify,
  },
  {
    name: "audit export",
    summary: "Print a tenant's audit log, one JSON object a line.",
    load: async () => (await import("./commands/audit-export.ts")).auditExport,
  },
  {
    name: "key rotate",
    summary: "Change the encryption key, also while the server runs.",
    load: async () => (await import("./commands/key-rotate.ts")).keyRotate,
  },
  {
    name: "key status",
    summary: "Show which encryption keys are in use.",
    load: async () => (await import("./commands/key-status.ts")).keyStatus,
  },
  {
    name: "bench",
    summary: "Measure this machine (from the source folder).",
    load: async () => (await import("./commands/bench.ts")).bench,
  },
];

export type Found =
  | { readonly kind: "command"; readonly entry: CommandEntry; readonly typed: readonly string[] }
  /** The first word of some commands (`tenant`), alone or with a second word that is none of theirs. */
  | { readonly kind: "group"; readonly group: string; readonly second: string | undefined }
  | { readonly kind: "unknown"; readonly name: string };

/** Which command the words name; `typed` is what follows. */
export function findCommand(words: readonly string[]): Found {
  const [first = DEFAULT_COMMAND, second = ""] = words[0]?.startsWith("-") ? [] : words;
  const pair = commandTable.find(({ name }) => name === `${first} ${second}`);
  if (pair) return { kind: "command", entry: pair, typed: words.slice(2) };
  const single = commandTable.find(({ name }) => name === first);
  if (single) return { kind: "command", entry: single, typed: words[0] === first ? words.slice(1) : words };
  if (commandTable.some(({ name }) => name.startsWith(`${first} `)))
    return { kind: "group", group: first, second: second === "" || second.startsWith("-") ? undefined : second };
  return { kind: "unknown", name: first };
}
