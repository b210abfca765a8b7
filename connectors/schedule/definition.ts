import { defineConnector } from "../../src/connector-sdk/connector.ts";
import icon from "./icon.svg" with { type: "text" };

export default defineConnector({
  title: "Schedule",
  description: "Starts a workflow at set times.",
  icon,
  auth: {},
  hosts: [],
  actions: {},
  triggers: {
    cron: async () => (await import("./triggers/cron.ts")).default,
    interval: async () => (await import("./triggers/interval.ts")).default,
  },
});
