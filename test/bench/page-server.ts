import { openParts } from "../../src/app/open-parts.ts";
import { createApp } from "../../src/app.ts";
import { readConfig } from "../../src/config.ts";
import { PERMISSIONS } from "../../src/domain/permission.ts";
import type { SignedIn } from "../../src/domain/signed-in.ts";
import { grantScope } from "../../src/domain/tenant.ts";
import { createLog } from "../../src/platform/log.ts";

/** The server's pages in this process, as an owner of the tenant `bench` sees them. */
export interface PageServer {
  /** The page's HTML. Throws for anything but a page. */
  get(path: string): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function openPages(dataDir: string): Promise<PageServer> {
  const read = readConfig({ DATA_DIR: dataDir, PORT: "3000" });
  if (!read.ok) throw new Error(read.message);
  const parts = await openParts({
    config: read.config,
    log: createLog("error"),
    sandboxCommand: ["false"],
    lock: true,
  });
  const app = createApp(parts);
  const tenant = await parts.backend.tenants.findBySlug("bench");
  const workspace = tenant && (await parts.backend.tenants.findWorkspace(tenant.id, "default"));
  if (!tenant || !workspace) throw new Error("There is no tenant `bench`.");
  const signedIn: SignedIn = {
    user: { id: "user_bench", email: "bench@example.com", name: "Bench" },
    role: "owner",
    scope: grantScope(tenant.id, workspace.id, { kind: "user", id: "user_bench" }, new Set(PERMISSIONS)),
    tenant,
    workspace,
    sessionId: "session_bench",
    csrfToken: "token",
  };
  Object.assign(app.services, { sessions: { authenticate: async () => signedIn } });
  return {
    async get(path) {
      const response = await app.fetch(
        new Request(`http://localhost:3000${path}`, { headers: { accept: "text/html" } }),
      );
      const html = await response.text();
      if (response.status !== 200) throw new Error(`${path} was answered with ${response.status}.`);
      return html;
    },
    async [Symbol.asyncDispose]() {
      await app.stop(0);
      await parts.sandbox.close();
      parts.egress.close();
      await parts.backend.close();
    },
  };
}
