import { ActionError } from "../../src/connector-sdk/action-error.ts";
import type { AssertionScheme, OAuthScope } from "../../src/connector-sdk/auth-scheme.ts";
import { isJsonObject, type Json, type JsonObject } from "../../src/connector-sdk/json.ts";
import { signJwt } from "../../src/connector-sdk/sign-jwt.ts";

/** https://developers.google.com/identity/protocols/oauth2/service-account#httprest */
export const serviceAccount = (scopes: readonly OAuthScope[]): AssertionScheme => ({
  kind: "oauth2",
  title: "Service account",
  fields: {
    key: {
      kind: "secret",
      title: "Key",
      description: "The whole JSON file that Google has made. It is used to ask for tokens and sent nowhere.",
      placeholder: '{ "type": "service_account", …',
      required: true,
    },
    actAs: {
      kind: "text",
      title: "Act as",
      description: "A person of your Workspace, where domain-wide delegation allows it. Empty: the account itself.",
      placeholder: "ada@example.com",
    },
  },
  grant: "assertion",
  provider: "GOOGLE",
  setup: () => ({
    url: "https://console.cloud.google.com/iam-admin/serviceaccounts",
    steps: [
      "In a Google Cloud project, enable the Google Sheets API and the Google Drive API.",
      "Create a service account; it needs no role in the project. Under Keys, create one of the type JSON: Google gives you a file.",
      "Share each spreadsheet with the service account's e-mail address, as an editor where workflows write.",
      `To act as a person instead: in the Workspace's admin console, under Domain-wide delegation, allow the account's client id ${scopes.map(({ name }) => name).join(",")}.`,
    ],
  }),
  tokenUrl: "https://oauth2.googleapis.com/token",
  prove({ fields, tokenUrl, scopes, nowMs }) {
    const { client_email, private_key, private_key_id } = readKey(fields.key);
    const iat = Math.floor(nowMs / 1_000) - CLOCKS_SECONDS;
    const actAs = String(fields.actAs ?? "").trim();
    const claims = { iss: client_email, scope: scopes.join(" "), aud: tokenUrl, iat, exp: iat + VALID_SECONDS };
    const assertion = signJwt({ ...claims, ...(actAs !== "" && { sub: actAs }) }, private_key, { kid: private_key_id });
    return { form: { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion } };
  },
  scopes,
});

/** The most that Google takes. */
const VALID_SECONDS = 3_600;
const CLOCKS_SECONDS = 30;

/** Where the file says that tokens come from does not count: a key is proved to Google and to nobody else. */
function readKey(typed: Json | undefined) {
  const file = parse(String(typed));
  const { type, client_email, private_key, private_key_id } = file ?? {};
  if (type === "service_account" && typeof client_email === "string" && typeof private_key === "string")
    return { client_email, private_key, private_key_id: String(private_key_id ?? "") };
  const message = "The key must be the whole JSON file of a service account's key.";
  throw new ActionError("auth", message, { code: "invalid_key" });
}

function parse(text: string): JsonObject | null {
  try {
    const file = JSON.parse(text) as Json;
    return isJsonObject(file) ? file : null;
  } catch {
    return null;
  }
}
