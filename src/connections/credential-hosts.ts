import type { ConnectorDefinition } from "../connector-sdk/connector.ts";
import type { FieldError } from "../domain/errors.ts";

const MAX_HOSTS = 20;

export type CredentialHosts =
  | { readonly ok: true; readonly hosts: readonly string[] }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/**
 * The hosts that a connection's credential may be sent to: the connector's own, or for a connector that can call any
 * API those that the connection names. `wanted` is null when none were given.
 */
export function credentialHosts(connector: ConnectorDefinition, wanted: readonly string[] | null): CredentialHosts {
  if (connector.hosts !== "from_connection") {
    const hosts = "within" in connector.hosts ? connector.hosts.within : connector.hosts;
    if (wanted === null || wanted.length === 0) return { ok: true, hosts };
    return refuse("hosts", "must be left out: the connector says where its credentials are sent");
  }
  if (wanted === null || wanted.length === 0)
    return refuse("hosts", "is required: name the hosts that the credential may be sent to, such as api.example.com");
  if (wanted.length > MAX_HOSTS) return refuse("hosts", `has ${wanted.length} hosts; at most ${MAX_HOSTS} are allowed`);
  const hosts = wanted.map(readHost);
  const errors = hosts.flatMap((host, index) =>
    host === null ? [{ path: `hosts[${index}]`, message: HOST_FORM }] : [],
  );
  if (errors.length > 0) return { ok: false, errors };
  return { ok: true, hosts: [...new Set(hosts.filter((host) => host !== null))] };
}

const HOST_FORM = "must be a host such as api.example.com or *.example.com, optionally with :port, without https://";

/** In the form that requests are compared with (lower case, international names encoded); null when it is no host. */
function readHost(text: string): string | null {
  const [, wildcard = "", name = "", port] =
    /^(\*\.)?(\[[0-9A-Fa-f:.]+\]|[^\s/?#@:[\]\\%*]+?)\.?(?::(\d{1,5}))?$/.exec(text.trim()) ?? [];
  const host = URL.parse(`http://${name}/`)?.hostname;
  if (!host || (port !== undefined && !isPort(Number(port)))) return null;
  return `${wildcard}${host}${port === undefined ? "" : `:${port}`}`;
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535;
}

function refuse(path: string, message: string): CredentialHosts {
  return { ok: false, errors: [{ path, message }] };
}
