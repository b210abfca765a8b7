/** On this machine: nobody listens in between, and nobody elsewhere can reach it. `host` without a port. */
export function isLoopbackHost(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, "").toLowerCase();
  return /(?:^|\.)localhost$/.test(name) || name === "::1" || /^127(?:\.\d{1,3}){3}$/.test(name);
}
