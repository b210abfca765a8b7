import { verify } from "node:crypto";
import type { OpenAPIV3 } from "openapi-types";
import type { JsonObject } from "../../../src/connector-sdk/json.ts";
import { CLIENT_FIELDS, comeBack, form, isFrom, query } from "../../../test/connectors/maker/oauth-endpoints.ts";
import type { MakerCall, MakerPeerOptions } from "../../../test/connectors/maker/open-maker-peer.ts";
import { type Makers, openMakers } from "../../../test/connectors/open-makers.ts";
import { type FlowWorld, openFlowWorld } from "../../../test/flows/flow-world.ts";
import { answersOf, type Rows } from "./grid.ts";

/*
 * Google as the whole server meets it: three APIs under four names, each judged by its own description, and an account
 * with a consent that can be taken back.
 */

/** https://developers.google.com/identity/protocols/oauth2/web-server, which has no description of its own */
const accounts: OpenAPIV3.Document = {
  openapi: "3.0.3",
  info: { title: "Google accounts", version: "2" },
  paths: {
    "/o/oauth2/v2/auth": {
      get: {
        operationId: "consent",
        security: [],
        parameters: [
          ...["client_id", "redirect_uri", "scope", "state", "code_challenge"].map((name) => query(name)),
          query("response_type", { type: "string", enum: ["code"] }),
          query("code_challenge_method", { type: "string", enum: ["S256"] }),
          query("access_type", { type: "string", enum: ["offline"] }),
          query("prompt", { type: "string", enum: ["consent"] }),
        ],
        responses: { "302": { description: "Back" } },
      },
    },
    "/token": form(
      "token",
      ["grant_type"],
      [...CLIENT_FIELDS, "code", "code_verifier", "redirect_uri", "refresh_token", "scope", "assertion"],
    ),
    "/revoke": form("revoke", ["token"], [...CLIENT_FIELDS, "token_type_hint"]),
  },
};

export const googleMakers = {
  sheets: { description: "google-sheets", origins: ["https://sheets.googleapis.com"] },
  drive: { description: "google-drive", origins: ["https://www.googleapis.com"] },
  accounts: { description: accounts, origins: ["https://accounts.google.com", "https://oauth2.googleapis.com"] },
} satisfies Record<string, MakerPeerOptions>;

export const GOOGLE_CLIENT = { id: "4711.apps.googleusercontent.com", secret: "app-canary-secret" };
const SCOPES = "https://www.googleapis.com/auth/spreadsheets https://www.googleapis.com/auth/drive.metadata.readonly";

type Peers = Makers<keyof typeof googleMakers>["peers"];

export interface Google {
  readonly peers: Peers;
  /** The app that is registered at Google, for the server's configuration. */
  readonly environment: Readonly<Record<string, string>>;
  /** Rows of the sheet `Orders` in the spreadsheet `sheet-1`, the first with the names of the columns. */
  readonly rows: Rows;
  /** Every token so far. */
  readonly given: readonly string[];
  /** What the token endpoint was asked for. */
  grants(): readonly string[];
  /** A service account of that name, whose key is the other half of this one (PEM). */
  trust(email: string, publicKey: string): void;
  /** What the last signed statement said. */
  stated(): JsonObject | null;
  /** Ends all access tokens before their time; the refresh token stays good. */
  endAccess(): void;
  /** The account's owner takes the consent back. */
  revoke(): void;
  /** Answers so many requests to Sheets with its quota error. */
  limit(requests: number): void;
  /** What Sheets or Drive answer instead, where it is not undefined; also without a description that names operations. */
  instead(answer: (call: MakerCall) => unknown): void;
  /** Forgets the calls so far, and what is answered instead. */
  forgetCalls(): void;
}

/** Lets the peers of `googleMakers` answer as Google does. */
export function playGoogle(peers: Peers): Google {
  const rows: Rows = [["Order", "Total", "Status"]];
  const given: string[] = [];
  let accessToken: string | null = null;
  let refreshToken: string | null = null;
  let trusted: { readonly email: string; readonly publicKey: string } | null = null;
  let stated: JsonObject | null = null;
  let limited = 0;
  let instead: (call: MakerCall) => unknown = () => undefined;

  const isSignedIn = ({ headers }: MakerCall) => headers.authorization === `Bearer ${accessToken}`;
  const give = (): Response => {
    accessToken = `ya29.canary-${given.length}`;
    given.push(accessToken);
    const token = { access_token: accessToken, expires_in: 3_599, scope: SCOPES, token_type: "Bearer" };
    return Response.json(token);
  };

  function judge(assertion: string): Response {
    const [head = "", claims = "", signature = ""] = assertion.split(".");
    const signed = Buffer.from(`${head}.${claims}`);
    stated = JSON.parse(Buffer.from(claims, "base64url").toString()) as JsonObject;
    const isSigned =
      trusted && verify("RSA-SHA256", signed, trusted.publicKey, Buffer.from(signature, "base64url")) && stated;
    if (isSigned && stated.iss === trusted?.email && stated.aud === "https://oauth2.googleapis.com/token")
      return give();
    const refusal = { error: "invalid_grant", error_description: "Invalid JWT Signature." };
    return Response.json(refusal, { status: 400 });
  }

  function answerAll(): void {
    peers.accounts.answer("*", (call) => {
      if (call.path === "/o/oauth2/v2/auth") return comeBack(call, { code: "good-code", scope: SCOPES });
      const body = call.body as JsonObject;
      if (body.grant_type === "urn:ietf:params:oauth:grant-type:jwt-bearer") return judge(String(body.assertion));
      if (!isFrom(GOOGLE_CLIENT, call)) return Response.json({ error: "invalid_client" }, { status: 401 });
      if (call.path === "/revoke") {
        if (body.token !== refreshToken) return Response.json({ error: "invalid_token" }, { status: 400 });
        accessToken = refreshToken = null;
        return Response.json({});
      }
      if (body.grant_type === "authorization_code" && body.code === "good-code") {
        refreshToken = `1//canary-${given.length}`;
        given.push(refreshToken);
        return give()
          .json()
          .then((token) => ({ ...(token as object), refresh_token: refreshToken }));
      }
      // Google's refresh tokens are not rotated: the answer has none.
      if (body.grant_type === "refresh_token" && body.refresh_token === refreshToken) return give();
      const expired = { error: "invalid_grant", error_description: "Token has been expired or revoked." };
      return Response.json(expired, { status: 400 });
    });
    peers.drive.answer("*", (call) => {
      if (!isSignedIn(call)) return unauthenticated();
      const other = instead(call);
      if (other !== undefined) return other;
      if (call.path.endsWith("/about"))
        return { user: { permissionId: "0123", emailAddress: "ada@example.com", displayName: "Ada" } };
      return answerFiles(call);
    });
    const grid = answersOf({ title: "Orders", rows });
    peers.sheets.answer("*", (call) => {
      if (!isSignedIn(call)) return unauthenticated();
      if (limited > 0) {
        limited -= 1;
        return failure(429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'Write requests'");
      }
      const other = instead(call);
      if (other !== undefined) return other;
      if (!call.path.includes("/sheet-1")) return failure(404, "NOT_FOUND", "Requested entity was not found.");
      return grid[operationOf(call)]?.(call, null);
    });
  }
  answerAll();

  return {
    peers,
    environment: { GOOGLE_CLIENT_ID: GOOGLE_CLIENT.id, GOOGLE_CLIENT_SECRET: GOOGLE_CLIENT.secret },
    rows,
    given,
    grants: () =>
      peers.accounts.calls.flatMap(({ path, body }) =>
        path === "/token" ? String((body as JsonObject).grant_type) : [],
      ),
    trust(email, publicKey) {
      trusted = { email, publicKey };
    },
    stated: () => stated,
    endAccess: () => {
      accessToken = null;
    },
    revoke: () => {
      accessToken = refreshToken = null;
    },
    limit: (requests) => {
      limited = requests;
    },
    instead(other) {
      instead = other;
    },
    forgetCalls() {
      instead = () => undefined;
      for (const peer of [peers.sheets, peers.drive, peers.accounts]) peer.reset();
      answerAll();
    },
  };
}

export interface GoogleWorld {
  readonly google: Google;
  readonly world: FlowWorld;
  problems(): readonly string[];
  close(): Promise<void>;
}

/** The server beside Google. */
export async function openGoogleWorld(): Promise<GoogleWorld> {
  const makers = await openMakers(googleMakers);
  const google = playGoogle(makers.peers);
  const world = await openFlowWorld({ ...makers.environment, ...google.environment });
  return {
    google,
    world,
    problems: makers.problems,
    async close() {
      await world.close();
      await makers.close();
    },
  };
}

/** Three spreadsheets on two pages, or those whose name was searched for. */
function answerFiles({ query }: MakerCall): object {
  const files = ["Orders 2026", "Customers", "Order forms"].map((name, index) => ({ id: `sheet-${index + 1}`, name }));
  const [, typed] = /name contains '([^']*)'/.exec(String(query.q)) ?? [];
  if (typed !== undefined)
    return { files: files.filter(({ name }) => name.toLowerCase().includes(typed.toLowerCase())) };
  return query.pageToken ? { files: files.slice(2) } : { files: files.slice(0, 2), nextPageToken: "page-2" };
}

/** Also without a description that names it. */
function operationOf({ operation, method, path }: MakerCall): string {
  if (operation !== null) return operation;
  if (!path.includes("/values/")) return "sheets.spreadsheets.get";
  if (path.endsWith(":append")) return "sheets.spreadsheets.values.append";
  return `sheets.spreadsheets.values.${method === "GET" ? "get" : "update"}`;
}

/** https://developers.google.com/workspace/drive/api/guides/handle-errors */
function failure(code: number, status: string, message: string): Response {
  return Response.json({ error: { code, message, status } }, { status: code });
}

function unauthenticated(): Response {
  return failure(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.");
}
