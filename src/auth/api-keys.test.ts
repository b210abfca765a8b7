import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openWorkspaces, type Workspaces } from "../../test/api/open-workspaces.ts";
import { until } from "../../test/until.ts";
import { newId } from "../platform/ids.ts";
import { type ApiKeyManager, createApiKeyManager, type NewApiKey } from "./api-keys.ts";

let world: Workspaces;
let keys: ApiKeyManager;
/** How often the backend was asked for a key. */
let lookUps = 0;
/** What a key that was found is held up by. */
let lookUpsGoOn = Promise.resolve();
let hasLookedUp = () => {};

beforeAll(async () => {
  world = await openWorkspaces();
  const { apiKeys } = world.backend;
  const counted = {
    ...apiKeys,
    findForSignIn: async (id: string) => {
      lookUps += 1;
      const found = await apiKeys.findForSignIn(id);
      hasLookedUp();
      await lookUpsGoOn;
      return found;
    },
  };
  keys = createApiKeyManager({ backend: { apiKeys: counted }, clock: world.clock, newId });
});
afterAll(() => world.close());

const both: NewApiKey = { name: "ci", scopes: ["read", "write"], expiresAt: null };
const signIn = (text: string) => keys.authenticate(`Bearer ${text}`);

describe("a key", () => {
  test("is isk_, its id and 256 random bits, of which only a hash is stored", async () => {
    const { key, text } = await keys.create(world.ours, both);
    expect(text).toMatch(/^isk_[0-9a-z]{26}_[A-Za-z0-9_-]{43}$/);
    expect(text).toStartWith(`isk_${key.id.slice("key_".length)}_`);
    const stored = await world.backend.apiKeys.findForSignIn(key.id);
    expect(stored?.secretHash).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(await world.backend.audit.list(world.ours, { limit: 50, cursor: null }))).not.toContain(
      text.slice(-43),
    );
  });

  test("opens the workspace that it was made in, as its own actor", async () => {
    const { key, text } = await keys.create(world.ours, both);
    const { scope, scopes } = await signIn(text);
    expect(scope).toMatchObject({ tenantId: world.ours.tenantId, workspaceId: world.ours.workspaceId });
    expect(scope.actor).toEqual({ kind: "api_key", id: key.id });
    expect(scopes).toEqual(["read", "write"]);
  });

  test("allows what it was made for and nothing else", async () => {
    const { text } = await keys.create(world.ours, { ...both, scopes: ["read"] });
    expect((await signIn(text)).scopes).toEqual(["read"]);
  });

  test("cannot make another that is allowed more", async () => {
    const { text } = await keys.create(world.ours, { ...both, scopes: ["write"] });
    const { scope } = await signIn(text);
    await expect(keys.create(scope, both)).rejects.toMatchObject({ code: "forbidden" });
    await expect(keys.create(scope, { ...both, scopes: ["write"] })).resolves.toBeDefined();
  });

  test("that may only read makes and deletes none", async () => {
    const { key, text } = await keys.create(world.ours, { ...both, scopes: ["read"] });
    const { scope } = await signIn(text);
    await expect(keys.create(scope, { ...both, scopes: ["read"] })).rejects.toMatchObject({ code: "forbidden" });
    await expect(keys.remove(scope, key.id)).rejects.toMatchObject({ code: "forbidden" });
  });

  test("is counted as used, to the minute", async () => {
    const { key, text } = await keys.create(world.ours, both);
    const lastUsed = async () => (await world.backend.apiKeys.findForSignIn(key.id))?.key.lastUsedAt;
    const first = world.clock.now();
    await signIn(text);
    await until("it is counted as used", async () => (await lastUsed()) === first);
    world.clock.advance(30_000);
    await signIn(text);
    await Bun.sleep(20);
    expect(await lastUsed()).toBe(first);
    world.clock.advance(31_000);
    await signIn(text);
    await until("it is counted again", async () => (await lastUsed()) === world.clock.now());
  });

  test.each([
    ["without a name", { ...both, name: "  " }, "name"],
    ["that allows nothing", { ...both, scopes: [] }, "scopes"],
    ["that has expired already", { ...both, expiresAt: 0 }, "expiresAt"],
  ])("%s cannot be made", async (_what, wanted, path) => {
    await expect(keys.create(world.ours, wanted)).rejects.toMatchObject({ code: "invalid", fields: [{ path }] });
  });
});

describe("nobody gets in", () => {
  const refused = { code: "unauthenticated" };

  test("without a key", async () => {
    for (const header of [null, "", "Bearer", "Basic YTpi", "Bearer  "])
      await expect(keys.authenticate(header)).rejects.toMatchObject(refused);
  });

  test("with a secret that is wrong in its last letter", async () => {
    const { text } = await keys.create(world.ours, both);
    const wrong = text.slice(0, -1) + (text.endsWith("A") ? "E" : "A");
    await expect(signIn(wrong)).rejects.toMatchObject(refused);
  });

  test("with an id that there is not, or with something that is no key", async () => {
    const { text } = await keys.create(world.ours, both);
    const secret = text.slice(-43);
    for (const other of [`isk_${"0".repeat(26)}_${secret}`, "isk_", "isk_a_b", secret, `${text} x`, "isk_%_%"])
      await expect(signIn(other)).rejects.toMatchObject(refused);
  });

  test("with a key that has expired, even if it was good a moment ago", async () => {
    const expiresAt = world.clock.now() + 1_000;
    const { text } = await keys.create(world.ours, { ...both, expiresAt });
    await signIn(text);
    world.clock.advance(1_000);
    await expect(signIn(text)).rejects.toMatchObject(refused);
  });

  test("with a key that was deleted, even if it was good a moment ago", async () => {
    const { key, text } = await keys.create(world.ours, both);
    await signIn(text);
    await keys.remove(world.ours, key.id);
    await expect(signIn(text)).rejects.toMatchObject(refused);
  });

  test("with a key that is deleted while it is looked up", async () => {
    const { key, text } = await keys.create(world.ours, both);
    const { promise, resolve } = Promise.withResolvers<void>();
    lookUpsGoOn = promise;
    const lookedUp = new Promise<void>((found) => {
      hasLookedUp = found;
    });
    const racing = signIn(text);
    await lookedUp;
    await keys.remove(world.ours, key.id);
    resolve();
    await racing;
    await expect(signIn(text)).rejects.toMatchObject(refused);
  });

  test("with a key that another process has deleted, once this one was told", async () => {
    const { key, text } = await keys.create(world.ours, both);
    await signIn(text);
    const change = { at: 0, action: "api_key.deleted", target: key.id, details: {} };
    await world.backend.apiKeys.delete(world.ours, key.id, change);
    keys.forget();
    await expect(signIn(text)).rejects.toMatchObject(refused);
  });
});

test("a tenant cannot delete another's key", async () => {
  const { key, text } = await keys.create(world.theirs, both);
  await expect(keys.remove(world.ours, key.id)).rejects.toMatchObject({ code: "not_found" });
  expect((await signIn(text)).scope.tenantId).toBe(world.theirs.tenantId);
});

test("a key that is used again and again is looked up once in a while", async () => {
  const { text } = await keys.create(world.ours, both);
  lookUps = 0;
  for (let request = 0; request < 100; request += 1) await signIn(text);
  expect(lookUps).toBe(1);
  world.clock.advance(5_000);
  await signIn(text);
  expect(lookUps).toBe(2);
});
