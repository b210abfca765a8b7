import { Database } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openBackend } from "../../src/backend/open.ts";
import { credentialPlace } from "../../src/connections/credential-place.ts";
import { openVault } from "../../src/connections/open-vault.ts";
import { COMMAND_LINE_PERMISSIONS } from "../../src/domain/permission.ts";
import { grantScope } from "../../src/domain/tenant.ts";
import type { BenchContext } from "./bench-context.ts";
import type { Section } from "./figure.ts";
import { percentile } from "./statistics.ts";

const HOUR_MS = 3_600_000;
/** What a tick may cost with nothing due, whatever is stored: one look at an index. */
const WANTED_TICK = { atMost: 0.1 };
const WANTED_UNSEAL = { atMost: 0.1 };

/** What keeping very many connections costs: looking for what is due, and opening a credential. */
export async function measureConnections({ folder, sizes }: BenchContext): Promise<Section> {
  const { stored, ticks, opened } = sizes.connections;
  const dataDir = join(folder, "connections");
  mkdirSync(dataDir, { recursive: true });
  const backend = await openBackend({ databaseUrl: "", dataDir, owner: "bench", lock: true });
  const vault = await openVault({ encryptionKeys: [new Uint8Array(32).fill(1)], dataDir, backend });
  const [tenantId, workspaceId] = ["ten_bench", "ws_bench"];
  const scope = grantScope(tenantId, workspaceId, { kind: "cli", id: "bench" }, COMMAND_LINE_PERMISSIONS);
  const change = { at: 1, action: "tenant.created", target: tenantId, details: {} };
  const workspace = { id: workspaceId, tenantId, slug: "default" };
  await backend.tenants.create({ id: tenantId, slug: "bench", createdAt: 1 }, workspace, scope.actor, change);
  const now = Date.now();
  store(join(dataDir, "integrationsync.db"), stored, now);

  const tickMs: number[] = [];
  for (let tick = 0; tick < ticks; tick += 1) {
    const startedAt = performance.now();
    const due = await backend.connections.due(now, 200);
    tickMs.push(performance.now() - startedAt);
    if (due.length > 0) throw new Error("Nothing was to be due yet.");
  }
  const startedAt = performance.now();
  const batch = await backend.connections.due(now + 2 * HOUR_MS, 200);
  const batchMs = performance.now() - startedAt;
  if (batch.length !== 200) throw new Error(`${batch.length} were due instead of 200.`);

  const place = credentialPlace({ tenantId, id: "conn_000000" });
  const credential = { accessToken: "x".repeat(1_000), refreshToken: "y".repeat(500), extra: {}, fields: {} };
  const sealed = await vault.seal(place, JSON.stringify(credential));
  const unsealMs: number[] = [];
  for (let count = 0; count < opened; count += 1) {
    const openedAt = performance.now();
    await vault.open(place, sealed);
    unsealMs.push(performance.now() - openedAt);
  }
  await backend.close();
  return {
    title: `${stored} connections`,
    figures: [
      {
        name: "tick with nothing due, median",
        value: percentile(tickMs, 0.5),
        unit: "ms",
        wanted: WANTED_TICK,
        ceiling: null,
      },
      { name: "tick with 200 due", value: batchMs, unit: "ms", wanted: null, ceiling: null },
      {
        name: "unseal a credential, median",
        value: percentile(unsealMs, 0.5),
        unit: "ms",
        wanted: WANTED_UNSEAL,
        ceiling: null,
      },
    ],
    notes: [`A tick is one query: ${plan(join(dataDir, "integrationsync.db"))}.`],
  };
}

/** Their tokens end within the next hour or so, evenly. */
function store(databaseFile: string, count: number, now: number): void {
  using database = new Database(databaseFile);
  database.run("PRAGMA busy_timeout = 5000");
  database.run(
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
     INSERT INTO connections (id, tenant_id, workspace_id, connector, name, scheme, hosts, state, created_at, updated_at,
                              sealed_credential, expires_at, refresh_at)
     SELECT printf('conn_%06d', i), 'ten_bench', 'ws_bench', 'http', 'Bench', 'oauth2', '[]', 'ready', 1, 1, 'v1.x',
            ? + i * 36, ? + i * 36 FROM n`,
    [count, now + HOUR_MS, now + HOUR_MS / 2],
  );
  database.run(
    `INSERT INTO connection_queue (kind, subject, tenant_id, workspace_id, due_at)
     SELECT 'refresh', id, tenant_id, workspace_id, refresh_at FROM connections`,
  );
}

function plan(databaseFile: string): string {
  using database = new Database(databaseFile, { readonly: true });
  const rows = database
    .query<{ detail: string }, []>(
      "EXPLAIN QUERY PLAN SELECT kind FROM connection_queue WHERE due_at <= 1 ORDER BY due_at LIMIT 200",
    )
    .all();
  return rows.map(({ detail }) => detail).join("; ");
}
