import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadOrCreateKeyFile, replaceKeyFile } from "./load-key.ts";

const root = mkdtempSync(join(tmpdir(), "load-key-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let directory = "";
let path = "";
beforeEach(() => {
  directory = mkdtempSync(join(root, "data-"));
  path = join(directory, "encryption.key");
});

async function loadKey(): Promise<Uint8Array> {
  const loaded = await loadOrCreateKeyFile(path);
  if (!loaded.ok) throw new Error(loaded.message);
  return loaded.keys[0];
}

async function refusal(): Promise<string> {
  const loaded = await loadOrCreateKeyFile(path);
  if (loaded.ok) throw new Error("the key was loaded");
  expect(loaded.message).not.toContain("\n");
  return loaded.message;
}

test("the first start makes a key that only its owner can read, later starts read the same", async () => {
  const key = await loadKey();
  expect(key).toHaveLength(32);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await loadKey()).toEqual(key);
  expect(readdirSync(directory)).toEqual(["encryption.key"]);
});

test("two installations do not share a key", async () => {
  const first = await loadKey();
  path = join(directory, "other.key");
  expect(await loadKey()).not.toEqual(first);
});

test("starts at the same moment, in one process and in several, all get the key that stands", async () => {
  const script = `
    const { loadOrCreateKeyFile } = await import(${JSON.stringify(fileURLToPath(new URL("./load-key.ts", import.meta.url)))});
    const loaded = await loadOrCreateKeyFile(process.argv[1]);
    process.stdout.write(Buffer.from(loaded.keys[0]).toString("base64"));`;
  const others = Array.from({ length: 4 }, () => Bun.spawn([process.execPath, "-e", script, path]).stdout.text());
  const own = await Promise.all(Array.from({ length: 20 }, loadKey));
  const all = [...own.map((key) => Buffer.from(key).toString("base64")), ...(await Promise.all(others))];
  expect(new Set(all)).toEqual(new Set([readFileSync(path, "utf8").trim()]));
  expect(readdirSync(directory)).toEqual(["encryption.key"]);
});

describe("a key file", () => {
  test.each([0o640, 0o604, 0o660, 0o644])("with mode %o is refused, with the command that closes it", async (mode) => {
    const key = await loadKey();
    chmodSync(path, mode);
    expect(await refusal()).toContain(`chmod 600 ${path}`);
    chmodSync(path, 0o600);
    expect(await loadKey()).toEqual(key);
  });

  test.each(["", "\n", "correct horse battery staple", "AAAA", "0".repeat(63)])(
    "that holds %p is refused and left as it is",
    async (content) => {
      writeFileSync(path, content, { mode: 0o600 });
      expect(await refusal()).toContain("does not hold 32 bytes");
      expect(readFileSync(path, "utf8")).toBe(content);
    },
  );

  test("may also hold hex", async () => {
    writeFileSync(path, `${"0f".repeat(32)}\n`, { mode: 0o600 });
    expect(await loadKey()).toEqual(new Uint8Array(32).fill(15));
  });

  test("holds several keys while the key is being changed, newest first, and stays closed to others", async () => {
    const old = await loadKey();
    const newer = new Uint8Array(32).fill(7);
    await replaceKeyFile(path, [newer, old]);
    expect(await loadOrCreateKeyFile(path)).toEqual({ ok: true, keys: [newer, old] });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(["encryption.key"]);
    writeFileSync(path, `${readFileSync(path, "utf8")}damaged\n`);
    expect(await refusal()).toContain("does not hold 32 bytes");
  });

  test("in a missing directory, or that is one, is a message and not an exception", async () => {
    path = join(directory, "missing", "encryption.key");
    expect(await refusal()).toContain("ENOENT");
    path = join(directory, "folder.key");
    mkdirSync(path, { mode: 0o700 });
    expect(await refusal()).toContain(path);
  });
});
