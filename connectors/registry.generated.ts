// Written by connectors/generate-registry.ts; run it after adding or removing a connector's folder.
import type { ConnectorRegistry } from "../src/connector-sdk/connector.ts";

export const registry: ConnectorRegistry = {
  github: async () => (await import("./github/definition.ts")).default,
  "google-sheets": async () => (await import("./google-sheets/definition.ts")).default,
  http: async () => (await import("./http/definition.ts")).default,
  manual: async () => (await import("./manual/definition.ts")).default,
  salesforce: async () => (await import("./salesforce/definition.ts")).default,
  schedule: async () => (await import("./schedule/definition.ts")).default,
  slack: async () => (await import("./slack/definition.ts")).default,
  webhook: async () => (await import("./webhook/definition.ts")).default,
};
