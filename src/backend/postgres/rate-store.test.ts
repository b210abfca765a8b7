import { afterAll, beforeAll, expect, test } from "bun:test";
import { createDatabase, type TestDatabase } from "../../../test/postgres/test-postgres.ts";
import type { Backend } from "../../domain/backend.ts";
import { openPostgres } from "./open-postgres.ts";

const NOW = Date.UTC(2026, 0, 15, 12);
/** Thirty at once, then one a second. */
const SPEC = { capacity: 30, refillPerMs: 0.001 };

let database: TestDatabase;
let replicas: Backend[];

beforeAll(async () => {
  database = await createDatabase();
  replicas = [];
  for (const owner of ["a", "b", "c"])
    replicas.push(await openPostgres({ databaseUrl: database.url, owner, lock: false }));
}, 60_000);
afterAll(async () => {
  for (const replica of replicas) await replica.close();
  await database.drop();
});

test("three replicas together are given what the bucket holds, whoever is quicker", async () => {
  const asked = Array.from({ length: 90 }, async (_, n) => replicas[n % 3]!.rates.lease("shared", SPEC, 1, NOW));
  const leases = await Promise.all(asked);
  expect(leases.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(30);
  const later = await Promise.all(replicas.map(({ rates }) => rates.lease("shared", SPEC, 5, NOW + 4_000)));
  expect(later.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(4);
}, 30_000);

test("a refusal that one replica got holds the others back with their next lease", async () => {
  await replicas[0]!.rates.lease("refused", SPEC, 1, NOW);
  await replicas[0]!.rates.freeze("refused", NOW + 60_000, NOW);
  for (const { rates } of replicas)
    expect(await rates.lease("refused", SPEC, 5, NOW + 1_000)).toMatchObject({ tokens: 0, frozenUntil: NOW + 60_000 });
}, 30_000);
