import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createDatabase, type TestDatabase } from "../../../test/postgres/test-postgres.ts";
import type { Backend } from "../../domain/backend.ts";
import type { Scope } from "../../domain/tenant.ts";
import { createTenant } from "../contract/backend-under-test.ts";
import { sampleMail } from "../contract/mail-contract.ts";
import { SYSTEM, sampleLink, samplePerson, sampleSession } from "../contract/people-samples.ts";
import {
  change,
  dedupe,
  ending,
  NOW,
  parking,
  sampleCommit,
  sampleConnection,
  sampleRun,
  sampleStep,
  sampleWorkflow,
} from "../contract/samples.ts";
import { openPostgres } from "./open-postgres.ts";
import { SERVER_ROLE } from "./prepare-database.ts";
import { ROUTING_TABLES } from "./schema/routing-tables.ts";

let database: TestDatabase;
let backend: Backend;
/** A superuser's, and one of the kind the server works with. */
let admin: Bun.SQL;
let server: Bun.SQL;
let ours: Scope;
let theirs: Scope;

beforeAll(async () => {
  database = await createDatabase();
  backend = await openPostgres({ databaseUrl: database.url, owner: "srv", lock: false });
  admin = new Bun.SQL(database.url, { max: 1 });
  server = new Bun.SQL(database.url, { max: 4, connection: { role: SERVER_ROLE } });
  ours = await createTenant(backend);
  theirs = await createTenant(backend);
  for (const scope of [ours, theirs]) await fill(scope);
}, 60_000);
afterAll(async () => {
  await Promise.all([backend.close(), admin.close(), server.close()]);
  await database.drop();
});

/** Something in every table. */
async function fill(scope: Scope): Promise<void> {
  const { tenantId, workspaceId } = scope;
  const workflow = sampleWorkflow(scope);
  const { id, definition } = workflow;
  await backend.workflows.create(scope, workflow, change("workflow.created", id));
  const schedule = { spec: { kind: "interval", everyMs: 1, anchorMs: 0 }, missed: "skip", nextAt: NOW } as const;
  const subscription = { triggerHash: "h", sealed: "s", nextAt: NOW };
  const event = { connector: "c", connectionId: "i", accountId: "a" };
  const poll = { triggerHash: "h", everyMs: 1, nextAt: NOW };
  const activation = {
    hook: { secretHash: `hash of ${tenantId}`, sealedSecret: "s" },
    schedule,
    poll,
    subscription,
    event,
  };
  await backend.workflows.publish(scope, id, { definition, revision: 1, activation }, change("workflow.published", id));
  const draft = { definition, unfinished: {} };
  await backend.drafts.keep(scope, id, { draft, revision: 1 }, change("workflow.saved", id));
  const connection = sampleConnection(scope);
  await backend.connections.create(scope, connection, "sealed", change("connection.created", connection.id));
  await backend.variables.replace(scope, [{ name: "v", value: 1, updatedAt: NOW }], change("variables.set", "v"));
  const { id: connectionId } = connection;
  const unheld = { owner: null, generation: 1 };
  await backend.connections.markBroken(scope, connectionId, unheld, "x", change("connection.broken", connectionId));
  await backend.connections.record(scope, connectionId, { at: NOW, kind: "refused", message: "m" });
  await backend.connections.park(scope, connectionId, "run_parked", NOW);
  const deleted = sampleConnection(scope);
  await backend.connections.create(scope, deleted, "sealed", change("connection.created", deleted.id));
  const held = { connectionId: deleted.id, account: { id: "a", label: "A" }, connector: "c", scheme: "s" };
  const revocation = { id: `rev_${tenantId}`, ...held, sealedCredential: "x", attempts: 0 };
  const ended = { revocation, generation: 1 };
  await backend.connections.delete(scope, deleted.id, ended, change("connection.deleted", deleted.id));
  const client = { provider: "ACME", clientId: "id", sealedSecret: "x", updatedAt: NOW };
  await backend.oauth.saveClient(scope, client, change("oauth_client.saved", "ACME"));
  await backend.eventApps.reserve(scope, "acme", `app of ${tenantId}`, NOW);
  await backend.eventApps.saveSecrets(scope, "acme", "x", change("event_app.saved", "acme"));
  await backend.connections.learnAccount(scope, connectionId, 1, { id: "a", label: "A" });
  await backend.oauth.reportProblem(scope, { provider: "ACME", problem: "p", since: NOW });
  const flow = { stateHash: `state of ${tenantId}`, sessionId: "s", sealedPayload: "x", expiresAt: NOW + 1 };
  await backend.oauth.beginFlow(scope, flow, NOW);
  await backend.settings.set("key-check", "x");
  await backend.dataKeys.add(tenantId, { generation: 1, wrapped: "w" }, { setting: "key-check", value: "x" });
  const key = { id: `key_${tenantId}`, tenantId, workspaceId, name: "k", scopes: [] };
  const times = { createdAt: NOW, expiresAt: null, lastUsedAt: null };
  await backend.apiKeys.create(scope, { ...key, ...times }, "hash", change("api_key.created", key.id));
  const parked = sampleRun();
  const first = parking(null, { steps: [sampleStep("a")], alerts: ["look at this", "to be gathered"] });
  await backend.runs.accept(scope, parked, { dedupe: dedupe("k"), hold: { owner: "srv", first } });
  await backend.runs.signal(scope, parked.id, { kind: "cancel", by: "x" }, change("run.cancelled", parked.id));
  const person = samplePerson(scope, { identity: { issuer: "i", subject: tenantId } });
  await backend.users.create(person, SYSTEM, change("user.created", person.user.id));
  const { user } = person;
  const started = change("session.started", user.id);
  await backend.sessions.create(sampleSession(scope, user), `token ${tenantId}`, null, SYSTEM, started);
  await backend.links.create(sampleLink(scope, "invitation"), `link ${tenantId}`, null);
  const factor = { sealedSecret: "s", lastStep: 0, createdAt: NOW, recoveryHashes: ["r"] };
  await backend.twoFactors.enable(tenantId, user.id, factor, SYSTEM, change("two_factor.enabled", user.id));
  const settings = { twoFactorRequired: false, provider: null };
  await backend.signInSettings.save(scope, settings, change("sign_in.changed", tenantId));
  await backend.mails.add(scope, [sampleMail()]);
  const alerts = await backend.alerts.take({ now: NOW, until: 0 }, 10);
  const gathered = alerts.filter((alert) => alert.tenantId === tenantId && alert.reason === "to be gathered");
  await backend.alerts.told(gathered, { now: NOW, firstMs: 0, everyMs: 1 });
}

/** Every table of ours and what binds it. */
async function listTables() {
  return admin<{ name: string; tenant: boolean; enabled: boolean; forced: boolean; policies: string[] }[]>`
    SELECT relname AS name, relrowsecurity AS enabled, relforcerowsecurity AS forced,
           EXISTS (SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname ~ '^tenant(_id)?$') AS tenant,
           ARRAY(SELECT polcmd::text || ' ' || pg_get_expr(polqual, polrelid) || ' ' || pg_get_expr(polwithcheck, polrelid)
                 FROM pg_policy WHERE polrelid = pg_class.oid) AS policies
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'm', 'v') ORDER BY relname`;
}

describe("every table with a tenant's rows", () => {
  test("is bound by a forced policy, but for the listed routing tables", async () => {
    const tables = await listTables();
    const ofTenants = tables.filter(({ tenant }) => tenant);
    const expression = "(tenant_id = NULLIF(current_setting('app.tenant_id'::text, true), ''::text))";
    const bound = ofTenants.filter(
      ({ enabled, forced, policies }) =>
        enabled && forced && policies.length === 1 && policies[0] === `* ${expression} ${expression}`,
    );
    const unbound = ofTenants.filter((table) => !bound.includes(table)).map(({ name }) => name);
    expect(unbound).toEqual([...ROUTING_TABLES]);
    expect(bound.length).toBeGreaterThan(10);
    const ofNobody = tables.filter(({ tenant }) => !tenant).map(({ name }) => name);
    expect(ofNobody).toEqual(["rate_buckets", "settings", "tenants", "workers", "write_marks"]);
  });

  test("stands in our schema: what packages keep in theirs knows no tenant", async () => {
    const elsewhere = await admin<{ name: string }[]>`
      SELECT table_schema || '.' || table_name AS name FROM information_schema.columns
      WHERE column_name ~ 'tenant' AND table_schema NOT IN ('public', 'pg_catalog', 'information_schema')`;
    expect(elsewhere.map(({ name }) => name)).toEqual([]);
  });

  test("routing tables hold ids, hashes, times and counters, and nothing that people wrote", async () => {
    const columns = await admin<{ name: string }[]>`
      SELECT DISTINCT column_name AS name FROM information_schema.columns
      WHERE table_schema = 'public' AND table_name = ANY (string_to_array(${ROUTING_TABLES.join()}, ',')) ORDER BY 1`;
    expect(columns.map(({ name }) => name)).toEqual(
      [
        "id",
        "account_id",
        "connection_id",
        "connector",
        "tenant_id",
        "secret_hash",
        "workspace_id",
        "workflow_id",
        "version",
        "run_id",
        "created_at",
        "due_at",
      ]
        .concat([
          "lease_owner",
          "fence",
          "email_hash",
          "mail_id",
          "settled_at",
          "token_hash",
          "user_id",
          "expires_at",
          "interruptions",
          "signal_seq",
          "signals_applied",
          "next_at",
          "lane",
          "max_running",
          "kind",
          "subject",
          "public_id",
          "has_secrets",
        ])
        .toSorted(),
    );
  });
});

describe("the server's role", () => {
  test("is no superuser, bypasses nothing, owns nothing and can make nothing", async () => {
    const [role] = await admin`
      SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin,
             (SELECT count(*)::integer FROM pg_class WHERE relowner = pg_roles.oid) AS owned
      FROM pg_roles WHERE rolname = ${SERVER_ROLE}`;
    expect(Object.values(role)).toEqual([false, false, false, false, false, 0]);
    await expect(server`CREATE TABLE mine (a int)`.execute()).rejects.toThrow("permission denied");
    await expect(server`ALTER TABLE runs DISABLE ROW LEVEL SECURITY`.execute()).rejects.toThrow("must be owner");
    await expect(server`TRUNCATE runs`.execute()).rejects.toThrow("permission denied");
  });

  test("is what the backend works as", async () => {
    const sessions = await admin<{ count: number }[]>`
      SELECT count(*)::integer AS count FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'integrationsync'`;
    expect(sessions[0]?.count).toBeGreaterThan(0);
    // The role of another session cannot be asked for; what it is refused can be seen.
    await admin`REVOKE SELECT ON settings FROM integrationsync_server`;
    await expect(backend.settings.get("x")).rejects.toThrow("permission denied");
    await admin`GRANT SELECT ON settings TO integrationsync_server`;
    expect(await backend.settings.get("x")).toBeNull();
  });

  test("sees and writes no row of any tenant while none is set", async () => {
    const tables = (await listTables()).filter(({ enabled }) => enabled);
    for (const { name } of tables) {
      const [stored] = await admin.unsafe(`SELECT count(*)::integer AS n FROM ${name}`);
      expect([name, stored.n > 0]).toEqual([name, true]);
      for (const unset of ["RESET app.tenant_id", "SET app.tenant_id = ''"]) {
        await server.begin(async (sql) => {
          await sql.unsafe(unset);
          expect([name, await sql.unsafe(`SELECT * FROM ${name}`)]).toEqual([name, []]);
          expect((await sql.unsafe(`DELETE FROM ${name}`)).count).toBe(0);
        });
      }
      const [left] = await admin.unsafe(`SELECT count(*)::integer AS n FROM ${name}`);
      expect([name, left.n]).toEqual([name, stored.n]);
    }
  });

  test("sees only the tenant that is set, and writes no row of another", async () => {
    const tables = (await listTables()).filter(({ enabled }) => enabled);
    for (const { name } of tables) {
      await server.begin(async (sql) => {
        await sql`SELECT set_config('app.tenant_id', ${ours.tenantId}, true)`;
        const seen = await sql.unsafe<{ tenant_id: string }[]>(`SELECT DISTINCT tenant_id FROM ${name}`);
        expect([name, seen.map((row) => row.tenant_id)]).toEqual([name, [ours.tenantId]]);
        for (const touched of [`UPDATE ${name} SET tenant_id = tenant_id`, `DELETE FROM ${name}`])
          expect((await sql.unsafe(`${touched} WHERE tenant_id = $1`, [theirs.tenantId])).count).toBe(0);
        const moved = sql.savepoint((inner) => inner.unsafe(`UPDATE ${name} SET tenant_id = $1`, [theirs.tenantId]));
        await expect(moved).rejects.toThrow("row-level security");
        const copied = sql.savepoint((inner) =>
          inner.unsafe(`INSERT INTO ${name} OVERRIDING SYSTEM VALUE
                        SELECT * FROM jsonb_populate_record(NULL::${name}, (
                          SELECT to_jsonb(t) || jsonb_build_object('tenant_id', '${theirs.tenantId}') FROM ${name} t LIMIT 1))`),
        );
        await expect(copied).rejects.toThrow("row-level security");
      });
    }
  });

  test("the tenant ends with its transaction, also when many take turns on few connections", async () => {
    const leaks: string[] = [];
    await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        const { tenantId } = n % 2 === 0 ? ours : theirs;
        await server.begin(async (sql) => {
          await sql`SELECT set_config('app.tenant_id', ${tenantId}, true)`;
          for (const row of await sql`SELECT tenant_id FROM runs`) if (row.tenant_id !== tenantId) leaks.push(tenantId);
        });
        leaks.push(...(await server`SELECT tenant_id FROM runs`));
      }),
    );
    expect(leaks).toEqual([]);
  });

  test("a batch of several tenants gives each its own rows", async () => {
    const scopes = [ours, theirs, ours, theirs, ours];
    const runs = scopes.map((scope) => ({ scope, run: sampleRun() }));
    await Promise.all(
      runs.map(({ scope, run }, n) => {
        const first = n < 3 ? ending({ steps: [sampleStep("a")] }) : sampleCommit({ steps: [sampleStep("b")] });
        return backend.runs.accept(scope, run, { dedupe: null, hold: { owner: "srv", first } });
      }),
    );
    for (const { scope, run } of runs) {
      expect(await backend.runs.find(scope, run.id)).not.toBeNull();
      expect(await backend.runs.steps(scope, run.id)).toHaveLength(1);
      expect(await backend.runs.find(scope === ours ? theirs : ours, run.id)).toBeNull();
    }
  });
});
