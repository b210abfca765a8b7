import type { AddressedScheme, ClientCredentialsScheme } from "../../src/connector-sdk/auth-scheme.ts";
import type { Connection } from "../../src/domain/connection.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import type { Scope } from "../../src/domain/tenant.ts";
import { type FlowWorld, openFlowWorld } from "../flows/flow-world.ts";
import { until } from "../until.ts";
import { type AuthorizationServer, type ServerOptions, startAuthorizationServer } from "./authorization-server.ts";
import { vendorRegistry } from "./vendor-connector.ts";

export const PUBLIC_URL = "http://integrations.test";
export const CALLBACK = `${PUBLIC_URL}/oauth/callback/vendor`;
export const SESSION = "session_1";

/** The whole server beside an authorization server that nobody here wrote. */
export interface OAuthWorld extends Omit<FlowWorld, "connect"> {
  readonly vendor: AuthorizationServer;
  /** Consents as `login` and comes back. */
  connect(login?: string): Promise<Connection>;
  /** What the provider's answer to a consent comes to; `id` reconnects that connection. */
  consent(
    login: string,
    id?: string,
  ): Promise<Awaited<ReturnType<FlowWorld["app"]["app"]["services"]["oauth"]["finish"]>>>;
  connection(id: string, scope?: Scope): Promise<Connection>;
  untilConnection(id: string, holds: (connection: Connection) => boolean): Promise<Connection>;
  /** Removes all connections, whoever uses them. */
  forgetConnections(): Promise<void>;
  /** A step that asks the provider who the connection speaks for. */
  ask(id: string): JsonObject;
}

export async function openOAuthWorld(
  server: Partial<ServerOptions> = {},
  scheme: Partial<AddressedScheme> | Partial<ClientCredentialsScheme> = {},
  more: {
    readonly introspects?: boolean;
    readonly untested?: boolean;
    readonly environment?: Readonly<Record<string, string>>;
  } = {},
): Promise<OAuthWorld> {
  const vendor = await startAuthorizationServer({ redirectUris: [CALLBACK], ...server });
  const environment = {
    PUBLIC_URL,
    VENDOR_CLIENT_ID: vendor.clientId,
    VENDOR_CLIENT_SECRET: vendor.clientSecret,
    ...more.environment,
  };
  const world = await openFlowWorld(
    environment,
    vendorRegistry(() => vendor.issuer, scheme, more),
  );
  const { oauth, connections } = world.app.app.services;
  const consent: OAuthWorld["consent"] = async (login, id) => {
    const wanted = { connector: "vendor", scheme: "oauth2", name: "Vendor", fields: {}, hosts: null };
    const url = id ? await oauth.beginAgain(world.scope, SESSION, id) : await oauth.begin(world.scope, SESSION, wanted);
    const back = await vendor.browse(url.href, login);
    return oauth.finish(world.scope, SESSION, "vendor", readCallback(back));
  };
  const connection = (id: string, scope = world.scope) => connections.find(scope, id);
  return {
    ...world,
    vendor,
    consent,
    connection,
    async connect(login = "alice") {
      const finished = await consent(login);
      if (finished.kind !== "connected") throw new Error(`not connected: ${finished.kind}`);
      return finished.connection;
    },
    async untilConnection(id, holds) {
      let found = await connection(id);
      const look = async () => {
        found = await connection(id);
        return holds(found) && found;
      };
      return until("the connection is as wanted", look).catch((error: Error) => {
        throw new Error(`${error.message}: ${JSON.stringify(found)}`);
      });
    },
    async forgetConnections() {
      const { connections: store } = world.app.backend;
      const { items } = await store.list(world.scope, { limit: 200, cursor: null });
      const change = (id: string) => ({ at: 1, action: "connection.deleted", target: id, details: {} });
      for (const { id } of items) await store.delete(world.scope, id, null, change(id));
    },
    ask: (id) => ({ id: "ask", kind: "action", connector: "vendor", action: "who_am_i", connection: id, input: {} }),
    async close() {
      await world.close();
      await vendor.stop();
    },
  };
}

export function readCallback(url: URL) {
  const value = (name: string) => url.searchParams.get(name);
  return {
    state: value("state") ?? "",
    code: value("code"),
    error: value("error"),
    errorDescription: value("error_description"),
    issuer: value("iss"),
  };
}
