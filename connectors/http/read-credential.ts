import type { ConnectionCredential } from "../../src/connector-sdk/http-exchange.ts";
import type { InputOf } from "../../src/connector-sdk/input-of.ts";
import { type Pair, readPairs } from "../../src/connector-sdk/key-value.ts";
import type { authSchemes } from "./auth-schemes.ts";
import { invalidInput } from "./invalid-input.ts";

/** What a connection adds to a request. */
export interface CredentialParts {
  readonly headers: readonly Pair[];
  readonly query: readonly Pair[];
}

type FieldsOf<Scheme extends keyof typeof authSchemes> = InputOf<(typeof authSchemes)[Scheme]["fields"]>;

/** Throws a final `ActionError` for a scheme that this connector does not have. */
export function readCredential(credential: ConnectionCredential | null): CredentialParts {
  if (credential === null) return { headers: [], query: [] };
  // Validated against the scheme's fields when the connection was saved.
  const fields: unknown = credential.fields;
  switch (credential.scheme) {
    case "bearer":
      return authorization(`Bearer ${(fields as FieldsOf<"bearer">).token}`);
    case "basic": {
      const { username, password = "" } = fields as FieldsOf<"basic">;
      // RFC 7617 §2.1: UTF-8 is the only charset it knows.
      return authorization(`Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`);
    }
    case "header": {
      const { name, value } = fields as FieldsOf<"header">;
      return { headers: [[name, value]], query: [] };
    }
    case "custom": {
      const { headers, query } = fields as FieldsOf<"custom">;
      return { headers: readPairs(headers), query: readPairs(query) };
    }
    default:
      throw invalidInput(`the connection's scheme "${credential.scheme}" is not one of this connector's`);
  }
}

function authorization(value: string): CredentialParts {
  return { headers: [["Authorization", value]], query: [] };
}
