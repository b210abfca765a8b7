import { isIPv6 } from "node:net";

const EVERY_ADDRESS = ["0.0.0.0", "::"];
const THIS_MACHINE = ["localhost", "127.0.0.1", "::1"];

/** What to open in a browser on this machine for a server that listens there. */
export function localAddress(host: string, port: number): string {
  if (EVERY_ADDRESS.includes(host) || THIS_MACHINE.includes(host)) return `http://localhost:${port}`;
  return `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** The host to connect to: one cannot connect to "every address". */
export function hostToConnectTo(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}
