import { defineConnector } from "../../src/connector-sdk/connector.ts";
import icon from "./icon.svg" with { type: "text" };

export default defineConnector({
  title: "Manual",
  description: "Starts a workflow by hand, from the API or from another workflow.",
  icon,
  auth: {},
  hosts: [],
  actions: {},
  triggers: { run: async () => (await import("./triggers/run.ts")).default },
});
