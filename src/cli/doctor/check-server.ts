import { askServer } from "../ask-server.ts";
import type { CommandConfig } from "../command-context.ts";
import type { Finding } from "./finding.ts";

export async function checkServer(config: CommandConfig): Promise<Finding> {
  const check = "server";
  if (config.port === 0) return { check, verdict: "ok", says: "PORT=0: not known where it would be" };
  const answer = await askServer(config, "/readyz");
  if (answer.kind === "silent") return { check, verdict: "ok", says: `not running on port ${config.port}` };
  if (answer.status === 200) return { check, verdict: "ok", says: `running on port ${config.port} and ready` };
  const says = `something on port ${config.port} answers /readyz with ${answer.status}: ${answer.body.slice(0, 300)}`;
  return { check, verdict: "fail", says };
}
