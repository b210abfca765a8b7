import type { FieldsScheme } from "../../src/connector-sdk/auth-scheme.ts";

export const authSchemes = {
  bearer: {
    kind: "fields",
    title: "Bearer token",
    fields: { token: { kind: "secret", title: "Token", required: true } },
  },
  basic: {
    kind: "fields",
    title: "User name and password",
    fields: {
      username: { kind: "text", title: "User name", required: true },
      password: { kind: "secret", title: "Password", description: "May be empty where a key is the user name." },
    },
  },
  header: {
    kind: "fields",
    title: "API key in a header",
    fields: {
      name: { kind: "text", title: "Header", required: true, placeholder: "X-Api-Key" },
      value: { kind: "secret", title: "Value", required: true },
    },
  },
  custom: {
    kind: "fields",
    title: "Own headers and query parameters",
    fields: {
      headers: { kind: "key_value", title: "Headers", secret: true },
      query: { kind: "key_value", title: "Query parameters", secret: true },
    },
  },
} as const satisfies Readonly<Record<string, FieldsScheme>>;
