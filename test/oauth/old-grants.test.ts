import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type OAuthWorld, openOAuthWorld, SESSION } from "./oauth-world.ts";

/*
 * Nothing that was granted to us outlives what it was granted for: not the access of an account that a connection has
 * left, and not a token that arrives when its connection has gone.
 */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
let world: OAuthWorld;
beforeAll(async () => {
  world = await openOAuthWorld();
}, 60_000);
afterAll(() => world.close());
beforeEach(() => world.forgetConnections());
const LIMIT_MS = 60_000;

const living = (login: string) => world.vendor.livingTokens(login);

async function until<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (let waitedMs = 0; ; waitedMs += 20) {
    const value = await read();
    if (holds(value)) return value;
    if (waitedMs > 15_000) throw new Error(`not as wanted: ${JSON.stringify(value)}`);
    await Bun.sleep(20);
  }
}
/** Those that are still to be done, now or later. */
async function revocationsDue(): Promise<number> {
  const due = await world.app.backend.connections.due(world.clock.now() + 48 * HOUR, 100);
  return due.filter(({ kind }) => kind === "revoke").length;
}
const isNone = (count: number) => count === 0;
const eventsOf = async (id: string) => (await world.app.app.services.connections.health(world.scope, id)).events;

/** Consents as `login` on a connection that was somebody else's, and says yes to that. */
async function reconnectAs(login: string, id: string): Promise<void> {
  const finished = await world.consent(login, id);
  if (finished.kind !== "other_account") throw new Error(`not asked: ${finished.kind}`);
  await world.app.app.services.oauth.confirm(world.scope, SESSION, finished.token);
}

/** What `end` does has the provider asked to take something back, which it answers and does not do. */
async function withIdleRevocation(end: () => Promise<unknown>): Promise<void> {
  const asked = world.vendor.revocations();
  world.vendor.answerRevocations(200);
  await end();
  await until(
    async () => world.vendor.revocations(),
    (count) => count > asked,
  );
}

/** Holds the next refresh up at the provider until `answer` is called. */
async function holdRefresh(id: string): Promise<() => void> {
  let answer = () => {};
  world.vendor.disturb({ waits: new Promise<void>((resolve) => (answer = resolve)) });
  const asked = world.vendor.tokenRequests.length;
  const { refreshAt } = await world.connection(id);
  world.clock.jump((refreshAt ?? 0) - world.clock.now());
  await until(
    async () => world.vendor.tokenRequests.length,
    (count) => count > asked,
  );
  return answer;
}

describe("a connection that becomes another account's", () => {
  test(
    "has the first one's access taken back at the provider, and the other's works on",
    async () => {
      const { id } = await world.connect("carol");
      expect(await living("carol")).toBe(1);
      await reconnectAs("dave", id);
      await until(() => living("carol"), isNone);
      expect(await living("dave")).toBe(1);
      expect(await world.run([world.ask(id)])).toMatchObject({ output: { id: "dave" } });
      expect(await eventsOf(id)).toMatchObject([{ kind: "reconnected", message: expect.stringContaining("dave") }]);
    },
    LIMIT_MS,
  );

  test(
    "says so on its page while the provider cannot do it, and when it has",
    async () => {
      const { id } = await world.connect("early");
      world.vendor.answerRevocations(503);
      await reconnectAs("late", id);
      const [newest] = await until(
        () => eventsOf(id),
        ([event]) => event?.kind === "not_revoked",
      );
      expect(newest?.message).toContain("early@example.test");
      expect(newest?.message).toContain("tried again");
      expect(await living("early")).toBe(1);
      world.clock.jump(2 * MINUTE);
      await until(() => living("early"), isNone);
      const events = await until(
        () => eventsOf(id),
        ([event]) => event?.kind === "revoked",
      );
      expect(events.map(({ kind }) => kind)).toEqual(["revoked", "not_revoked", "reconnected"]);
    },
    LIMIT_MS,
  );

  test(
    "says so on its page when the provider will not, and what to do there",
    async () => {
      const { id } = await world.connect("first");
      world.vendor.answerRevocations(400);
      await reconnectAs("second", id);
      const [newest] = await until(
        () => eventsOf(id),
        ([event]) => event?.kind === "not_revoked",
      );
      expect(newest?.message).toContain("unsupported_token_type");
      expect(newest?.message).toContain("Remove it there, in the settings of first@example.test");
      expect(await world.connection(id)).toMatchObject({ state: "ready", account: { id: "second" } });
    },
    LIMIT_MS,
  );

  test(
    "and the first one's again before the provider could: that access is left alone",
    async () => {
      const { id } = await world.connect("home");
      world.vendor.answerRevocations(503);
      await reconnectAs("away", id);
      await until(
        () => eventsOf(id),
        ([event]) => event?.kind === "not_revoked",
      );
      await reconnectAs("home", id);
      // The one of "away" is taken back; an answer that was still on its way would be overtaken by the jump.
      await until(revocationsDue, (count) => count === 1);
      expect(await living("away")).toBe(0);
      world.clock.jump(2 * MINUTE);
      await until(revocationsDue, isNone);
      expect(await living("home")).toBe(2);
      expect(await world.run([world.ask(id)])).toMatchObject({ output: { id: "home" } });
    },
    LIMIT_MS,
  );

  test(
    "has the newest of the first one's tokens taken back, where it was refreshed meanwhile",
    async () => {
      const { id } = await world.connect("old");
      const finished = await world.consent("new", id);
      if (finished.kind !== "other_account") throw new Error(finished.kind);
      const { connections } = world.app.backend;
      const { findSealed } = connections;
      // Between the look at the credential and the commit that replaces it.
      connections.findSealed = async (...asked) => {
        const found = await findSealed(...asked);
        connections.findSealed = findSealed;
        const { refreshAt, generation } = await world.connection(id);
        world.clock.jump((refreshAt ?? 0) - world.clock.now());
        await world.untilConnection(id, (connection) => connection.generation > generation);
        return found;
      };
      await world.app.app.services.oauth.confirm(world.scope, SESSION, finished.token);
      await until(() => living("old"), isNone);
      expect(await world.connection(id)).toMatchObject({ account: { id: "new" } });
    },
    LIMIT_MS,
  );
});

test(
  "a connection that is reconnected as the same account has nothing taken back",
  async () => {
    const { id } = await world.connect("same");
    expect(await world.consent("same", id)).toMatchObject({ kind: "connected" });
    expect(await revocationsDue()).toBe(0);
    expect(await world.run([world.ask(id)])).toMatchObject({ output: { id: "same" } });
  },
  LIMIT_MS,
);

describe("a token that arrives after its connection", () => {
  test(
    "was deleted is taken back at the provider",
    async () => {
      const { id } = await world.connect("gone");
      const refreshed = world.vendor.refreshed();
      const answer = await holdRefresh(id);
      await withIdleRevocation(() => world.app.app.services.connections.remove(world.scope, id));
      answer();
      await until(
        async () => world.vendor.refreshed(),
        (count) => count > refreshed,
      );
      await until(() => living("gone"), isNone);
    },
    LIMIT_MS,
  );

  test(
    "became another account's is taken back, and the other's works on",
    async () => {
      const { id } = await world.connect("left");
      const refreshed = world.vendor.refreshed();
      const answer = await holdRefresh(id);
      const finished = await world.consent("right", id);
      if (finished.kind !== "other_account") throw new Error(finished.kind);
      const { confirm } = world.app.app.services.oauth;
      await withIdleRevocation(() => confirm(world.scope, SESSION, finished.token));
      answer();
      await until(
        async () => world.vendor.refreshed(),
        (count) => count > refreshed,
      );
      await until(() => living("left"), isNone);
      expect(await world.run([world.ask(id)])).toMatchObject({ output: { id: "right" } });
    },
    LIMIT_MS,
  );

  test(
    "was reconnected as the same account is left alone",
    async () => {
      const { id } = await world.connect("stays");
      const refreshed = world.vendor.refreshed();
      const answer = await holdRefresh(id);
      world.vendor.disturb();
      await world.consent("stays", id);
      answer();
      await until(
        async () => world.vendor.refreshed(),
        (count) => count > refreshed,
      );
      expect(await world.run([world.ask(id)])).toMatchObject({ output: { id: "stays" } });
      expect(await living("stays")).toBe(2);
      expect(await revocationsDue()).toBe(0);
    },
    LIMIT_MS,
  );
});
