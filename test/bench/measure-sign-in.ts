import { startApp } from "../start-app.ts";
import { openTestStorage } from "../test-storage.ts";
import type { BenchContext } from "./bench-context.ts";
import type { Section } from "./figure.ts";
import { prepareInstallation, startProduct } from "./product-server.ts";
import { percentile } from "./statistics.ts";
import { pureWorkflow } from "./workflows.ts";

/** People who try to sign in at the same time; the hashing is the limit, so the line behind it is never empty. */
const PEOPLE = 16;
/** What one comparison takes at the least; on the thread that takes deliveries, each would wait so long. */
const HASH_MS = 35;

/** What being signed in costs a request, and what signing in costs everybody else. */
export async function measureSignIn(context: BenchContext): Promise<Section> {
  const session = await measureSession(context);
  const { idle, flooded, attempts } = await measureFlood(context);
  return {
    title: "signed in, and signing in",
    figures: [
      {
        name: "who is signed in, looked up",
        value: session.lookedUp,
        unit: "ms",
        wanted: { atMost: 1 },
        ceiling: null,
      },
      { name: "who is signed in, p99", value: session.p99, unit: "ms", wanted: { atMost: 1 }, ceiling: null },
      { name: "who is signed in, known", value: session.known, unit: "ms", wanted: { atMost: 1 }, ceiling: null },
      { name: "a delivery, median", value: percentile(idle, 0.5), unit: "ms", wanted: null, ceiling: null },
      {
        name: "a delivery while passwords are hashed, median",
        value: percentile(flooded, 0.5),
        unit: "ms",
        wanted: { atMost: HASH_MS / 5 },
        ceiling: percentile(idle, 0.5),
      },
      {
        name: "a delivery while passwords are hashed, p99",
        value: percentile(flooded, 0.99),
        unit: "ms",
        wanted: { atMost: HASH_MS },
        ceiling: percentile(idle, 0.99),
      },
      { name: "passwords compared meanwhile", value: attempts, unit: "", wanted: { atLeast: 20 }, ceiling: null },
    ],
    notes: [
      "Looked up: from the cookie to the person, through the database; known: within two seconds of that.",
      `Deliveries one at a time, while ${PEOPLE} people try to sign in; ceiling: the same without them.`,
    ],
  };
}

async function measureSession({ sizes }: BenchContext) {
  const storage = await openTestStorage("sqlite");
  const app = await startApp({}, undefined, storage);
  try {
    const { accounts, sessions } = app.app.services;
    const { scope } = await app.createTenant("bench");
    const password = "a passphrase to measure with";
    const user = await accounts.createUser(scope, { email: "a@example.com", name: "A", role: "owner", password });
    const arrival = { address: "127.0.0.1", userAgent: "bench", headers: new Headers() };
    const cookie = await accounts.sessions.start(user, scope.workspaceId, arrival, "password");
    const request = new Request(app.url, { headers: { cookie: cookie.split(";")[0] ?? "" } });
    const time = async (isForgotten: boolean) => {
      const times: number[] = [];
      for (let n = 0; n < sizes.signIn.requests; n += 1) {
        if (isForgotten) accounts.sessions.forget();
        const startedAt = performance.now();
        if (!(await sessions.authenticate(request))) throw new Error("Nobody is signed in.");
        times.push(performance.now() - startedAt);
      }
      return times;
    };
    await time(true);
    const lookedUp = await time(true);
    const known = await time(false);
    return { lookedUp: percentile(lookedUp, 0.5), p99: percentile(lookedUp, 0.99), known: percentile(known, 0.5) };
  } finally {
    await app.stop();
    await storage.remove();
  }
}

async function measureFlood({ command, folder, sizes }: BenchContext) {
  // Each comes from an address of its own, as if through a proxy; one address would be slowed down.
  const installation = await prepareInstallation(command, folder, { TRUSTED_PROXIES: "127.0.0.1" });
  await using server = await startProduct(installation);
  const { hookUrl } = await server.publish(pureWorkflow);
  const body = JSON.stringify({ id: 1, region: "EU", price: 2, email: "ada@example.com" });
  const headers = { "content-type": "application/json" };
  const deliver = async () => {
    const times: number[] = [];
    for (let n = 0; n < sizes.signIn.deliveries; n += 1) {
      const startedAt = performance.now();
      const response = await fetch(hookUrl, { method: "POST", body, headers });
      await response.arrayBuffer();
      times.push(performance.now() - startedAt);
      if (response.status !== 202) throw new Error(`A delivery was answered with ${response.status}.`);
    }
    return times;
  };
  await deliver();
  const idle = await deliver();
  let going = true;
  let attempts = 0;
  const person = async (index: number) => {
    for (let round = 0; going; round += 1) {
      const response = await fetch(`${server.url}/sign-in`, {
        method: "POST",
        body: new URLSearchParams({ email: `p${index}-${round}@example.com`, password: "not the password at all" }),
        headers: { origin: server.url, "x-forwarded-for": `10.${index}.${round >> 8}.${round & 255}` },
      });
      await response.arrayBuffer();
      if (response.status !== 401) throw new Error(`A sign-in was answered with ${response.status}.`);
      attempts += 1;
    }
  };
  const people = Array.from({ length: PEOPLE }, (_, index) => person(index));
  // The line behind the hashing fills up first.
  await Bun.sleep(500);
  const flooded: number[] = [];
  while (attempts < sizes.signIn.attempts) flooded.push(...(await deliver()));
  going = false;
  await Promise.all(people);
  await server.stop();
  return { idle, flooded, attempts };
}
