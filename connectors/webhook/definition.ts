import { defineConnector } from "../../src/connector-sdk/connector.ts";
import icon from "./icon.svg" with { type: "text" };

export default defineConnector({
  title: "Webhook",
  description: "Starts a workflow when another system calls its URL.",
  icon,
  auth: {
    signing_secret: {
      kind: "fields",
      title: "Signing secret",
      fields: {
        secret: {
          kind: "secret",
          title: "Secret",
          description: "As the sender's page shows it. It checks signatures and is never sent anywhere.",
          required: true,
        },
      },
    },
  },
  hosts: [],
  actions: {},
  triggers: { request: async () => (await import("./triggers/request.ts")).default },
});
