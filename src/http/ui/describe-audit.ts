import type { EntryView } from "../../../views/audit/audit-entry.ts";
import type { AuditEntry } from "../../domain/audit.ts";
import { AppError } from "../../domain/errors.ts";
import type { Json } from "../../domain/json.ts";
import type { Actor, Scope } from "../../domain/tenant.ts";
import type { Services } from "../services.ts";
import { linesOfChanges } from "./describe-changes.ts";

type Entries = readonly AuditEntry[];

/** Entries in words, with what those who acted and what they changed are called now. */
export async function describeAudit(entries: Entries, scope: Scope, services: Services): Promise<readonly EntryView[]> {
  const people = entries.filter(({ target }) => target.startsWith("usr_")).map(({ target }) => asUser(target));
  const [names, targets] = await Promise.all([
    services.audit.actorNames(scope, [...entries.map(({ actor }) => actor), ...people]),
    namesOfTargets(entries, scope, services),
  ]);
  return Promise.all(
    entries.map(async ({ seq, at, action, target, details, actor }) => {
      const written = typeof details.name === "string" ? details.name : null;
      const name = targets.get(target) ?? names.get(target) ?? written;
      return {
        seq,
        at,
        action,
        details,
        sentence: inWords(action),
        target: { id: target, name, href: targets.has(target) ? hrefOf(target) : null },
        lines: [...(await linesOfChanges(details, services)), ...linesOf(details, name)],
        actor: {
          id: actor.id,
          name: names.get(actor.id) ?? ACTORS[actor.kind],
          kind: names.has(actor.id) ? ACTORS[actor.kind] : actor.id,
        },
      };
    }),
  );
}

const asUser = (id: string) => ({ kind: "user", id }) as const;

const ACTORS: Readonly<Record<Actor["kind"], string>> = {
  api_key: "API key",
  user: "Person",
  cli: "Command line",
  system: "The system",
};

// What was changed ------------------------------------------------------------------------------------------------------

/** Of those workflows and connections that are there, and that the reader may see. */
async function namesOfTargets(
  entries: Entries,
  scope: Scope,
  { workflows, connections }: Services,
): Promise<ReadonlyMap<string, string>> {
  const find = (id: string) => {
    if (id.startsWith("wf_") && scope.permissions.has("workflow.read")) return workflows.find(scope, id);
    return id.startsWith("conn_") && scope.permissions.has("connection.read") ? connections.find(scope, id) : null;
  };
  const ids = [...new Set(entries.map(({ target }) => target))];
  const found = await Promise.all(ids.map(async (id) => [id, await find(id)?.catch(ifMissing)] as const));
  return new Map(found.flatMap(([id, thing]) => (thing ? [[id, thing.name] as const] : [])));
}

function hrefOf(id: string): string {
  return id.startsWith("wf_") ? `/workflows/${id}` : `/connections/${id}`;
}

/** It may have been deleted, or stand in another workspace. */
function ifMissing(error: unknown): null {
  if (error instanceof AppError && error.code === "not_found") return null;
  throw error;
}

// Details ---------------------------------------------------------------------------------------------------------------

/** Told elsewhere, or by machines to machines. */
const UNTOLD: ReadonlySet<string> = new Set(["changes", "revision", "fromVersion", "what"]);
const MAX_TEXT = 300;

/** What was written down beside the change itself, in one line. */
function linesOf(details: AuditEntry["details"], name: string | null): readonly string[] {
  const told = Object.entries(details).flatMap(([key, value]) => {
    const isNothing = value === null || value === false || value === "" || (Array.isArray(value) && value.length === 0);
    if (UNTOLD.has(key) || isNothing || (key === "name" && value === name)) return [];
    if (key === "problem" && typeof value === "string") return [value];
    return value === true ? [inWords(key)] : [`${inWords(key)}: ${textOf(value)}`];
  });
  return told.length === 0 ? [] : [told.join(" · ")];
}

function textOf(value: Json): string {
  const isPlain = (item: Json) => typeof item === "string" || typeof item === "number";
  const text = Array.isArray(value) && value.every(isPlain) ? value.join(", ") : plain(value);
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}

function plain(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** `api_key.created` → "API key created", `credentialReplaced` → "Credential replaced". */
function inWords(name: string): string {
  const words = name.replace(/[._]/g, " ").replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return (words.slice(0, 1).toUpperCase() + words.slice(1)).replace(/^Api key/, "API key").replace(/^Oauth/, "OAuth");
}
