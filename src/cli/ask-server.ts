import { get } from "node:http";
import type { CommandConfig } from "./command-context.ts";
import { hostToConnectTo } from "./local-address.ts";

export type Answer =
  | { readonly kind: "answered"; readonly status: number; readonly body: string }
  | { readonly kind: "silent"; readonly reason: string };

const TIMEOUT_MS = 3_000;
const MAX_BODY_LENGTH = 10_000;

/**
 * Asks the server that listens as configured. With node:http, because the guarded `fetch` refuses this machine's own
 * addresses, and rightly so.
 */
export function askServer({ host, port }: Pick<CommandConfig, "host" | "port">, path: string): Promise<Answer> {
  return new Promise((resolve) => {
    const request = get({ host: hostToConnectTo(host), port, path, timeout: TIMEOUT_MS, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        if (body.length < MAX_BODY_LENGTH) body += chunk;
      });
      response.on("end", () => resolve({ kind: "answered", status: response.statusCode ?? 0, body }));
    });
    request.on("timeout", () => request.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
    request.on("error", (error) => resolve({ kind: "silent", reason: error.message }));
  });
}
