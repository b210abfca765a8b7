import type { JsonObject } from "../../../src/connector-sdk/json.ts";
import { CLIENT_FIELDS, comeBack, form, isFrom, query } from "../../../test/connectors/maker/oauth-endpoints.ts";
import type { MakerCall, MakerPeer, MakerPeerOptions } from "../../../test/connectors/maker/open-maker-peer.ts";
import { openMakers } from "../../../test/connectors/open-makers.ts";
import { type FlowWorld, openFlowWorld } from "../../../test/flows/flow-world.ts";
import { maker as api, INSTANCE } from "./maker.ts";
import { createOrg, type Org } from "./org.ts";

/*
 * Salesforce as the whole server meets it: where one signs in and the organisation's own host, judged by its
 * description, and an account with a consent that can be taken back. No token answer tells when its session ends.
 */

export const salesforceMaker: MakerPeerOptions = {
  ...api,
  origins: ["https://login.salesforce.com", INSTANCE],
  added: {
    ...api.added,
    "/services/oauth2/authorize": {
      get: {
        operationId: "authorize",
        security: [],
        parameters: [
          ...["client_id", "redirect_uri", "scope", "state", "code_challenge"].map((name) => query(name)),
          query("response_type", { type: "string", enum: ["code"] }),
          query("code_challenge_method", { type: "string", enum: ["S256"] }),
        ],
        responses: { "302": { description: "Back" } },
      },
    },
    // The description wants the secret in the body; the flow's own page also takes HTTP Basic:
    // https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_web_server_flow.htm
    "/services/oauth2/token": form(
      "token",
      ["grant_type"],
      [...CLIENT_FIELDS, "code", "code_verifier", "redirect_uri", "refresh_token", "scope"],
    ),
    "/services/oauth2/revoke": form("revoke", ["token"], CLIENT_FIELDS),
    "/services/oauth2/introspect": form("introspect", ["token"], [...CLIENT_FIELDS, "token_type_hint"]),
  },
};

export const SALESFORCE_CLIENT = { id: "3MVG9.consumer-key", secret: "app-canary-secret" };
const SESSION_MS = 2 * 60 * 60_000;

export interface Salesforce {
  readonly peer: MakerPeer;
  /** The app that is registered at Salesforce, for the server's configuration. */
  readonly environment: Readonly<Record<string, string>>;
  readonly org: Org;
  /** Every token so far. */
  readonly given: readonly string[];
  /** What the token endpoint was asked for. */
  grants(): readonly string[];
  /** Ends the session before its time; the refresh token stays good. */
  endSession(): void;
  /** An administrator takes the consent back. */
  revoke(): void;
  /** What is answered instead, where it is not undefined; also without a description that names operations. */
  instead(answer: (call: MakerCall) => unknown): void;
  /** Forgets the calls so far, and what is answered instead. */
  forgetCalls(): void;
}

/** Lets the peer of `salesforceMaker` answer as Salesforce does. */
export function playSalesforce(peer: MakerPeer): Salesforce {
  const org = createOrg();
  const given: string[] = [];
  let session: string | null = null;
  let refreshToken: string | null = null;
  let instead: (call: MakerCall) => unknown = () => undefined;

  const give = (more: JsonObject = {}): JsonObject => {
    session = `00D!canary.${given.length}`;
    given.push(session);
    return {
      access_token: session,
      instance_url: INSTANCE,
      id: "https://login.salesforce.com/id/00Dx0000000BV7z/005x00000012Q9P",
      token_type: "Bearer",
      issued_at: String(Date.now()),
      signature: "x",
      scope: "refresh_token api id",
      ...more,
    };
  };

  function answerToken({ grant_type, code, refresh_token }: JsonObject): JsonObject | Response {
    if (grant_type === "client_credentials") return give();
    if (grant_type === "authorization_code" && code === "good-code") {
      refreshToken = `5Aep.canary.${given.length}`;
      given.push(refreshToken);
      return give({ refresh_token: refreshToken });
    }
    if (grant_type === "refresh_token" && refresh_token === refreshToken) return give();
    const expired = { error: "invalid_grant", error_description: "expired access/refresh token" };
    return Response.json(expired, { status: 400 });
  }

  function answer(call: MakerCall): unknown {
    if (call.path === "/services/oauth2/authorize") return comeBack(call, { code: "good-code" });
    const body = (call.body ?? {}) as JsonObject;
    if (/\/oauth2\/(?:token|revoke|introspect)$/.test(call.path)) {
      if (!isFrom(SALESFORCE_CLIENT, call)) return Response.json({ error: "invalid_client" }, { status: 401 });
      if (call.path.endsWith("/token")) return answerToken(body);
      if (call.path.endsWith("/introspect"))
        return { active: body.token === session, exp: Math.floor((Date.now() + SESSION_MS) / 1000) };
      if (body.token === refreshToken) session = refreshToken = null;
      return {};
    }
    if (call.headers.authorization !== `Bearer ${session}`) {
      // https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_openid.htm
      if (call.path.endsWith("/userinfo")) return new Response("Bad_OAuth_Token", { status: 403 });
      return Response.json([{ message: "Session expired or invalid", errorCode: "INVALID_SESSION_ID" }], {
        status: 401,
      });
    }
    if (call.path.endsWith("/userinfo"))
      return { organization_id: "00Dx0000000BV7z", user_id: "005x00000012Q9P", preferred_username: "ada@acme.example" };
    return org.answer(call);
  }
  const answerAll = () => peer.answer("*", (call) => instead(call) ?? answer(call));
  answerAll();

  return {
    peer,
    org,
    given,
    environment: {
      SALESFORCE_CLIENT_ID: SALESFORCE_CLIENT.id,
      SALESFORCE_CLIENT_SECRET: SALESFORCE_CLIENT.secret,
    },
    grants: () =>
      peer.calls.flatMap(({ path, body }) =>
        path === "/services/oauth2/token" ? String((body as JsonObject).grant_type) : [],
      ),
    endSession() {
      session = null;
    },
    revoke() {
      session = refreshToken = null;
    },
    instead(other) {
      instead = other;
    },
    forgetCalls() {
      peer.reset();
      instead = () => undefined;
      answerAll();
    },
  };
}

export interface SalesforceWorld {
  readonly salesforce: Salesforce;
  readonly world: FlowWorld;
  problems(): readonly string[];
  /** Hosts of anybody else's that were asked. */
  readonly strangers: readonly string[];
  close(): Promise<void>;
}

/** The server beside Salesforce. */
export async function openSalesforceWorld(): Promise<SalesforceWorld> {
  const makers = await openMakers({ salesforce: salesforceMaker });
  const salesforce = playSalesforce(makers.peers.salesforce);
  const world = await openFlowWorld({ ...makers.environment, ...salesforce.environment });
  return {
    salesforce,
    world,
    problems: makers.problems,
    strangers: makers.strangers,
    async close() {
      await world.close();
      await makers.close();
    },
  };
}
