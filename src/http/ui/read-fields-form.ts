import type { FormField } from "../../domain/form-field.ts";
import { formatPath } from "../../domain/format-path.ts";
import type { Json, JsonObject } from "../../domain/json.ts";
import { readJsonText } from "../../engine/json-text.ts";
import {
  expressionKey,
  isShown,
  MORE_NAME,
  membersOf,
  modeKey,
  ownValue,
  unknownMembers,
  withoutMore,
} from "./fields-form.ts";

/** A submitted form: names may repeat, and both are whatever somebody sent. */
export type FormEntries = readonly (readonly [name: string, value: string])[];

export interface ReadForm {
  /** Without what was left empty or equals its default. What cannot be converted stays text, for the check to refuse. */
  readonly value: JsonObject;
  /** JSON texts that do not parse, by path (`input.body`), with what is wrong with them. */
  readonly unfinished: readonly { readonly path: string; readonly text: string; readonly message: string }[];
}

export interface ReadFormOptions {
  /** What stood there before: an empty secret keeps its value, because it was never sent to the browser. */
  readonly previous?: JsonObject;
}

const MAX_ITEMS = 1_000;
const MAX_NAME_LENGTH = 500;
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * Reads the fields of a submitted form back. Only names that the fields give are looked at, so that nothing else of a
 * forged form reaches the value. The buttons `do=add:<key>` and `do=remove:<key>` change a list before it is read.
 */
export function readFieldsForm(
  fields: readonly FormField[],
  entries: FormEntries,
  prefix: string,
  { previous = {} }: ReadFormOptions = {},
): ReadForm {
  const reader = new Reader(entries);
  const value = reader.object(fields, prefix, [prefix], previous);
  return { value, unfinished: reader.unfinished };
}

type Path = readonly (string | number)[];

class Reader {
  readonly unfinished: { path: string; text: string; message: string }[] = [];
  readonly #sent = new Map<string, string[]>();
  /** Indexes that were sent, by the key of their list. */
  readonly #indexes = new Map<string, Set<number>>();
  readonly #added: string | null;
  readonly #removed: string | null;

  constructor(entries: FormEntries) {
    for (const [name, value] of entries) {
      const text = value.replaceAll("\r\n", "\n");
      const known = this.#sent.get(name);
      if (known) known.push(text);
      else this.#sent.set(name, [text]);
      this.#noteIndexes(name);
    }
    const action = this.#one("do");
    this.#added = action.startsWith("add:") ? action.slice("add:".length) : null;
    this.#removed = action.startsWith("remove:") ? action.slice("remove:".length) : null;
  }

  object(fields: readonly FormField[], key: string, path: Path, previous: Json | undefined): JsonObject {
    const values = new Map<string, Json | undefined>();
    const result: [string, Json][] = [];
    for (const field of fields) {
      if (!isShown(field, values)) continue;
      const value = this.#field(field, `${key}.${field.name}`, [...path, field.name], ownValue(previous, field.name));
      values.set(field.name, value ?? field.default);
      if (value !== undefined && !isDefault(field, value)) result.push([field.name, value]);
    }
    // Not by assignment: a field called `__proto__` must become a key like any other.
    return Object.fromEntries(result);
  }

  /** Undefined when it was left empty. */
  #field(field: FormField, key: string, path: Path, previous: Json | undefined): Json | undefined {
    if (this.#one(modeKey(key)) === "expression") {
      const text = this.#one(expressionKey(key)).trim();
      // Without braces it would be read as a plain value the next time.
      return text === "" || text.includes("{{") ? emptyToUndefined(text) : `{{ ${text} }}`;
    }
    const text = this.#one(key);
    switch (field.kind) {
      case "text":
        if (text !== "") return text;
        // Emptying a text that would otherwise be the default says "nothing"; any other empty box says nothing at all.
        return this.#sent.has(key) && field.format === null && !field.required && field.default ? "" : undefined;
      case "secret":
        return text === "" ? previous : text;
      case "number":
        return readNumber(text);
      case "boolean":
        return this.#boolean(field, key, text);
      case "select":
      case "date":
      case "code":
        return emptyToUndefined(text);
      case "multi_select":
        return this.#choices(field, key);
      case "key_value":
        return this.#pairs(key, field.secret ? previous : undefined);
      case "list":
        return this.#list(field, key, path, previous);
      case "object": {
        const read = this.object(membersOf(field), key, path, previous);
        // Drawn without its further fields, because the account could not be asked, a form says nothing about them.
        const isSilent = field.open !== null && !this.#sent.has(`${key}.${MORE_NAME}`);
        const value = isSilent ? { ...unknownMembers(field, previous), ...read } : withoutMore(read);
        return Object.keys(value).length === 0 ? undefined : value;
      }
      case "json":
        return this.#json(text, path);
      case "file":
        return this.#file(key);
    }
  }

  #boolean(field: FormField, key: string, text: string): Json | undefined {
    // A box that is not ticked sends nothing; a hidden entry says that it was there.
    if (typeof field.default === "boolean") return this.#sent.has(`${key}~box`) ? text === "true" : undefined;
    return text === "true" ? true : text === "false" ? false : undefined;
  }

  #choices(field: FormField, key: string): Json | undefined {
    if (!this.#sent.has(`${key}~box`)) return undefined;
    const chosen = [...new Set(this.#sent.get(key) ?? [])];
    return chosen.length > 0 || field.default !== undefined ? chosen : undefined;
  }

  #pairs(key: string, previous: Json | undefined): Json | undefined {
    const pairs: { name: string; value: string }[] = [];
    for (const index of this.#indexesOf(key)) {
      const name = this.#one(`${key}.${index}.name`).trim();
      const value = this.#one(`${key}.${index}.value`);
      if (name === "" && value === "") continue;
      const kept = value === "" ? ownValue(previous, name) : undefined;
      pairs.push({ name, value: typeof kept === "string" ? kept : value });
    }
    if (pairs.length === 0) return undefined;
    const names = new Set(pairs.map((pair) => pair.name));
    // An object cannot hold a name twice, nor this one safely, nor keep the place of one that looks like a number.
    const fitsObject =
      names.size === pairs.length && ![...names].some((name) => name === "__proto__" || /^\d+$/.test(name));
    return fitsObject ? Object.fromEntries(pairs.map(({ name, value }) => [name, value])) : pairs;
  }

  #list(field: FormField & { kind: "list" }, key: string, path: Path, previous: Json | undefined): Json | undefined {
    const items: Json[] = [];
    for (const index of this.#indexesOf(key)) {
      const itemKey = `${key}.${index}`;
      const before = Array.isArray(previous) ? (previous as readonly Json[])[index] : undefined;
      items.push(this.#field(field.of, itemKey, [...path, items.length], before) ?? emptyItem(field.of));
    }
    if (this.#added === key && items.length < MAX_ITEMS) items.push(field.of.default ?? emptyItem(field.of));
    return items.length > 0 || field.default !== undefined ? items : undefined;
  }

  #json(text: string, path: Path): Json | undefined {
    if (text.trim() === "") return undefined;
    const read = readJsonText(text);
    if (read.ok) return read.value;
    this.unfinished.push({ path: formatPath(path), text, message: read.message });
    return undefined;
  }

  #file(key: string): Json | undefined {
    const parts = ["base64", "contentType", "filename"]
      .map((name) => [name, this.#one(`${key}.${name}`)] as const)
      .filter(([, text]) => text !== "");
    return parts.length === 0 ? undefined : Object.fromEntries(parts);
  }

  #one(name: string): string {
    return this.#sent.get(name)?.[0] ?? "";
  }

  #noteIndexes(name: string): void {
    // Longer than any name that a form has; each part of it would be kept.
    if (name.length > MAX_NAME_LENGTH) return;
    for (const match of name.matchAll(/\.(\d{1,4})(?=[.~]|$)/g)) {
      const key = name.slice(0, match.index);
      const known = this.#indexes.get(key);
      if (known) known.add(Number(match[1]));
      else this.#indexes.set(key, new Set([Number(match[1])]));
    }
  }

  #indexesOf(key: string): number[] {
    return [...(this.#indexes.get(key) ?? [])]
      .sort((a, b) => a - b)
      .filter((index) => `${key}.${index}` !== this.#removed)
      .slice(0, MAX_ITEMS);
  }
}

function isDefault(field: FormField, value: Json): boolean {
  return field.default !== undefined && Bun.deepEquals(field.default, value);
}

function emptyToUndefined(text: string): string | undefined {
  return text === "" ? undefined : text;
}

/** What is no number stays as it was typed. */
function readNumber(text: string): Json | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  const number = DECIMAL.test(trimmed) ? Number(trimmed) : Number.NaN;
  return Number.isFinite(number) ? number : trimmed;
}

/** An item that was added and not filled in yet keeps its place. */
function emptyItem({ kind }: FormField): Json {
  switch (kind) {
    case "object":
    case "key_value":
    case "file":
      return {};
    case "list":
    case "multi_select":
      return [];
    case "json":
      return null;
    default:
      return "";
  }
}
