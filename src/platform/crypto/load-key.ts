import { type FileHandle, link, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { key256 } from "../parse-setting.ts";
import { randomToken } from "./random-token.ts";
import { newKey } from "./seal.ts";

/**
 * A file holds one key a line, the newest first: more than one while the key is being changed.
 * `message` is one line for the person who starts the server; it never contains a key.
 */
export type LoadedKeys =
  | { readonly ok: true; readonly keys: readonly [Uint8Array, ...Uint8Array[]] }
  | { readonly ok: false; readonly message: string };

/**
 * The keys in the file at `path`; a new one when there is no file. The file is made complete and durable or not at
 * all, readable by its owner alone: a power cut leaves no half a key, and of two processes that start at once both
 * get the key of the first. Its directory must exist.
 */
export async function loadOrCreateKeyFile(path: string): Promise<LoadedKeys> {
  try {
    return (await readKeyFile(path)) ?? (await createKeyFile(path)) ?? (await readKeyFile(path)) ?? vanished(path);
  } catch (error) {
    return {
      ok: false,
      message: `The key file ${path} cannot be used: ${error instanceof Error ? error.message : error}`,
    };
  }
}

/** Null when there is no such file. */
async function readKeyFile(path: string): Promise<LoadedKeys | null> {
  const file = await openIfExists(path);
  if (!file) return null;
  try {
    const { mode } = await file.stat();
    // Group and others; not on Windows, where these bits say nothing.
    if (process.platform !== "win32" && (mode & 0o077) !== 0)
      return {
        ok: false,
        message: `The key file ${path} can be read by other users. Close it with: chmod 600 ${path}`,
      };
    const keys = readKeys(await file.readFile("utf8"));
    if (keys) return { ok: true, keys };
    // Never replaced by a new key: that would make every stored credential unreadable for good.
    const message = `The key file ${path} does not hold 32 bytes in base64 or hex. Restore it from a backup.`;
    return { ok: false, message };
  } finally {
    await file.close();
  }
}

/** Null when a line is not a key, or there is none. */
function readKeys(text: string): readonly [Uint8Array, ...Uint8Array[]] | null {
  const [first, ...others] = text
    .trim()
    .split(/\s*\n\s*/)
    .map(key256);
  if (!first?.ok) return null;
  const rest = others.flatMap((each) => (each.ok ? [each.value] : []));
  return rest.length === others.length ? [first.value, ...rest] : null;
}

/**
 * Replaces what the file holds, all of it or nothing, durably. Whoever calls this holds a lock: of two writers, the
 * later one would forget the key of the earlier one.
 */
export async function replaceKeyFile(path: string, keys: readonly Uint8Array[]): Promise<void> {
  const draftPath = draftOf(path);
  try {
    await writeDurably(draftPath, keys.map((key) => `${Buffer.from(key).toString("base64")}\n`).join(""));
    await rename(draftPath, path);
  } finally {
    await rm(draftPath, { force: true });
  }
  await syncDirectory(dirname(path));
}

function draftOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomToken(6)}.tmp`);
}

/** Null when another process has made the file meanwhile. */
async function createKeyFile(path: string): Promise<LoadedKeys | null> {
  const key = newKey();
  const draftPath = draftOf(path);
  try {
    await writeDurably(draftPath, `${key.toString("base64")}\n`);
    // A link fails when the name is taken; a rename would replace the other's key.
    await link(draftPath, path);
  } catch (error) {
    if (hasCode(error, "EEXIST")) return null;
    throw error;
  } finally {
    await rm(draftPath, { force: true });
  }
  await syncDirectory(dirname(path));
  return { ok: true, keys: [key] };
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Without it, the name of a new file may be lost in a power cut although its content is safe. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function openIfExists(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

function vanished(path: string): LoadedKeys {
  return { ok: false, message: `The key file ${path} was removed while it was being made.` };
}
