import { ActionError } from "../../src/connector-sdk/action-error.ts";
import type { AssertionScheme, GrantToRevoke } from "../../src/connector-sdk/auth-scheme.ts";
import type { ConnectionCredential, OutgoingRequest } from "../../src/connector-sdk/http-exchange.ts";
import type { Json, JsonObject } from "../../src/connector-sdk/json.ts";
import { isJsonObject } from "../../src/connector-sdk/json.ts";
import { signJwt } from "../../src/connector-sdk/sign-jwt.ts";

/*
 * A GitHub App that works as itself: no person's account, and an hour's token for each place where it is installed.
 * https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation
 */

const SCHEME = "installation";
const API = "https://api.github.com";
const HEADERS = {
  Accept: "application/vnd.github+json",
  "X-GitHub-Api-Version": "2022-11-28",
  // GitHub refuses requests without one.
  "User-Agent": "IntegrationSync",
};
/** GitHub takes ten minutes at most, and none that begins in its own future. */
const VALID_SECONDS = 9 * 60;
const CLOCKS_SECONDS = 60;

export const installation: AssertionScheme = {
  kind: "oauth2",
  title: "GitHub App by itself",
  fields: {
    clientId: {
      kind: "text",
      title: "Client id of the app",
      description: "On the app's page, under About.",
      placeholder: "Iv23…",
      required: true,
    },
    installationId: {
      kind: "text",
      title: "Installation id",
      description: "The number at the end of the address of the installation's settings.",
      placeholder: "12345678",
      required: true,
    },
    privateKey: {
      kind: "secret",
      title: "Private key",
      description:
        "The whole file that GitHub has made, from BEGIN to END. It is used to ask for tokens and sent nowhere.",
      placeholder: "-----BEGIN RSA PRIVATE KEY-----…",
      required: true,
    },
  },
  grant: "assertion",
  provider: "GITHUB",
  setup: () => ({
    url: `https://github.com/settings/apps/new`,
    steps: [
      "Make a GitHub App under your organisation's settings, Developer settings, GitHub Apps. It needs no callback URL; switch its webhook off: workflows make their own.",
      "Repository permissions: Contents, Issues, Pull requests, Commit statuses, Actions and Webhooks, read and write. Metadata, read, comes with them. What a workflow does not use can be left out.",
      "Make the app, and generate a private key at the foot of its page: GitHub gives you a file.",
      "Install the app in the organisation, for the repositories that workflows may use. The installation id is at the end of the address of the page that follows: …/settings/installations/12345678.",
    ],
  }),
  tokenUrl: ({ installationId }) => `${API}/app/installations/${readId(installationId)}/access_tokens`,
  prove({ fields, nowMs }) {
    const now = Math.floor(nowMs / 1_000);
    const claims = { iss: String(fields.clientId), iat: now - CLOCKS_SECONDS, exp: now + VALID_SECONDS };
    return { headers: { ...HEADERS, Authorization: `Bearer ${signJwt(claims, String(fields.privateKey))}` } };
  },
  readToken({ token, expires_at, permissions }) {
    const expiresAt = Date.parse(String(expires_at));
    return {
      accessToken: typeof token === "string" ? token : "",
      ...(!Number.isNaN(expiresAt) && { expiresAt }),
      scopes: Object.entries((permissions ?? {}) as JsonObject).map(([name, level]) => `${name}:${level}`),
    };
  },
  revokeRequest,
  scopes: [],
};

/** https://docs.github.com/en/rest/apps/installations#revoke-an-installation-access-token */
function revokeRequest({ accessToken }: GrantToRevoke): OutgoingRequest {
  const headers = Object.entries({ ...HEADERS, Authorization: `Bearer ${accessToken}` });
  return { method: "DELETE", url: `${API}/installation/token`, headers };
}

function readId(typed: Json | undefined): string {
  const id = String(typed).trim();
  if (/^\d{1,20}$/.test(id)) return id;
  throw new ActionError("auth", "The installation id is a number.", { code: "invalid_installation" });
}

/** The id that an installation's connections are known by; those of people are plain numbers. */
export function accountOfInstallation(id: Json | undefined): string {
  return `installation ${id}`;
}

/** Null for a credential that is a person's. */
export function installationOf(credential: ConnectionCredential | null): string | null {
  return credential?.scheme === SCHEME ? readId(credential.fields.installationId) : null;
}

/** An installation has repositories, and no user whose they were. */
export const INSTALLATION_REPOSITORIES = "/installation/repositories";

export function repositoriesIn(body: Json): readonly Json[] {
  if (Array.isArray(body)) return body;
  return isJsonObject(body) && Array.isArray(body.repositories) ? body.repositories : [];
}
