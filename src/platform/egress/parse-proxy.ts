/** The company's forward proxy. */
export interface ForwardProxy {
  /** Whether the connection to the proxy itself is TLS. */
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  /** Value for `Proxy-Authorization`. */
  readonly authorization: string | undefined;
}

/** Reads `EGRESS_PROXY`; throws an Error that says how to write it. The message never repeats the password. */
export function parseProxy(text: string): ForwardProxy {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isBare = url?.pathname === "/" && url.search === "" && url.hash === "";
  if (url === undefined || !isBare || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new Error(
      "EGRESS_PROXY cannot be read; write http://proxy.example.com:3128 or http://user:password@host:port",
    );
  }
  const secure = url.protocol === "https:";
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return {
    secure,
    host: url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname,
    port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
    authorization: credentials === ":" ? undefined : `Basic ${Buffer.from(credentials).toString("base64")}`,
  };
}
