import { connect } from "node:net";
import type { CommandConfig } from "../command-context.ts";
import type { Finding } from "./finding.ts";

const TIMEOUT_MS = 3_000;
const CATCH_ALL = ["0.0.0.0/0", "::/0"];

/** The syntax was checked with the configuration; here it is asked whether the proxy is there. */
export async function checkEgress({ egressAllow, egressProxy }: CommandConfig): Promise<Finding> {
  const check = "outgoing calls";
  if (egressAllow.some((entry) => CATCH_ALL.includes(entry))) {
    const says = "EGRESS_ALLOW opens every private address to every workflow; name only those that are needed";
    return { check, verdict: "warn", says };
  }
  const allowed = egressAllow.length === 0 ? "no private target" : egressAllow.join(", ");
  if (egressProxy === null) return { check, verdict: "ok", says: `direct; allowed besides the internet: ${allowed}` };
  const { hostname, port, protocol } = new URL(egressProxy);
  const failure = await connectTo(hostname.replace(/^\[|\]$/g, ""), Number(port) || (protocol === "https:" ? 443 : 80));
  // Never the whole address: it may hold a password.
  if (failure)
    return { check, verdict: "fail", says: `the proxy ${hostname} of EGRESS_PROXY does not answer: ${failure}` };
  return { check, verdict: "ok", says: `through ${hostname}; allowed besides the internet: ${allowed}` };
}

/** Null when a connection can be made, otherwise why not. */
function connectTo(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: TIMEOUT_MS });
    const end = (outcome: string | null) => {
      socket.destroy();
      resolve(outcome);
    };
    socket.once("connect", () => end(null));
    socket.once("timeout", () => end(`no connection within ${TIMEOUT_MS / 1000} s`));
    socket.once("error", (error) => end(error.message));
  });
}
