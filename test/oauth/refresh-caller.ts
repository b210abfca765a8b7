import { openBackend } from "../../src/backend/open.ts";
import { openConnections } from "../../src/connections/open-connections.ts";
import { openVault } from "../../src/connections/open-vault.ts";
import { ENGINE_PERMISSIONS } from "../../src/domain/permission.ts";
import { grantScope } from "../../src/domain/tenant.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { createEgress } from "../../src/platform/egress/create-egress.ts";
import { createGuardedFetch } from "../../src/platform/egress/guarded-fetch.ts";
import { newId } from "../../src/platform/ids.ts";
import { vendorRegistry } from "./vendor-connector.ts";

/*
 * One more server process that wants to use a connection: says "ready", waits for a line, then asks for the credential
 * `callers` times at the same moment and says what each got. With `dies`, the process ends the moment a refreshed token
 * would be stored.
 */

export interface CallerTask {
  readonly place: { readonly databaseUrl: string; readonly dataDir: string };
  readonly encryptionKey: string | null;
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly connectionId: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly publicUrl: string;
  readonly callers: number;
  readonly dies: boolean;
}

const task = JSON.parse(process.argv[2] ?? "") as CallerTask;
const owner = newId("owner");
const backend = await openBackend({ ...task.place, owner, lock: false });
if (task.dies) backend.connections.commitRefresh = () => process.exit(7);
const encryptionKeys = task.encryptionKey === null ? null : [new Uint8Array(Buffer.from(task.encryptionKey, "base64"))];
const egress = createEgress({ allow: ["127.0.0.0/8"] });
const { useConnection } = openConnections({
  backend,
  clock: systemClock,
  newId,
  vault: await openVault({ encryptionKeys, dataDir: task.place.dataDir, backend }),
  connectors: vendorRegistry(() => task.issuer),
  request: ({ allowedHosts, ...request }) =>
    egress.request({ ...request, maxResponseBytes: 1_000_000, ...(allowedHosts && { allowedHosts }) }),
  fetch: createGuardedFetch(egress),
  random: Math.random,
  owner,
  installationApps: new Map([["vendor", { id: task.clientId, secret: task.clientSecret }]]),
  publicUrl: () => task.publicUrl,
  appSecret: () => null,
  newPublicId: () => newId("app"),
  wakeParked: async () => {},
  wakeSubscriptions: () => {},
  announce: async () => {},
  trouble: () => {},
});
const scope = grantScope(task.tenantId, task.workspaceId, { kind: "system", id: "caller" }, ENGINE_PERMISSIONS);
process.stdout.write("ready\n");
for await (const _line of process.stdin) break;
const results = await Promise.all(
  Array.from({ length: task.callers }, async () => {
    const access = await useConnection(scope, task.connectionId, "vendor");
    return access.kind === "ready"
      ? `ready ${access.credential.fields.accessToken}`
      : `${access.kind} ${access.reason}`;
  }),
);
process.stdout.write(`${JSON.stringify(results)}\n`);
await backend.close();
process.exit(0);
