import { askServer } from "../ask-server.ts";
import { defineCommand } from "../command.ts";
import { requireConfig } from "../with-services.ts";

export const healthcheck = defineCommand({
  details: "Asks GET /healthz at HOST and PORT. For a container's health check, which has no curl.",
  arguments: {},
  options: {},
  async run(_input, context) {
    const config = requireConfig(context);
    const answer = await askServer(config, "/healthz");
    if (answer.kind === "answered" && answer.status === 200) return 0;
    const problem = answer.kind === "silent" ? `does not answer (${answer.reason})` : `answers ${answer.status}`;
    await context.tell(`The server on port ${config.port} ${problem}.`);
    return 1;
  },
});
