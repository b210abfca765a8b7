import { defineConnector } from "../../src/connector-sdk/connector.ts";
import { authSchemes } from "./auth-schemes.ts";
import icon from "./icon.svg" with { type: "text" };

export default defineConnector({
  title: "HTTP request",
  description: "Calls any HTTP API.",
  icon,
  auth: authSchemes,
  hosts: "from_connection",
  actions: { request: async () => (await import("./actions/request.ts")).default },
  triggers: {},
});
