export interface SmtpServer {
  /** As the certificate has to name it. */
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte (`smtps`); otherwise STARTTLS. */
  readonly secure: boolean;
  readonly login: { readonly user: string; readonly password: string } | null;
}

/** Reads `smtp(s)://[user:password@]host[:port]`. Throws an Error when it is not one. */
export function parseSmtpUrl(text: string): SmtpServer {
  const url = new URL(text);
  if (url.protocol !== "smtp:" && url.protocol !== "smtps:") throw new Error("not a mail server");
  if (!/^\/?$/.test(url.pathname) || url.search !== "" || url.hash !== "") throw new Error("more than a mail server");
  // The parser of http addresses gives names and IP addresses their one form; that of other schemes leaves them be.
  const host = new URL(`http://${url.hostname}/`).hostname.replace(/^\[|\]$/g, "");
  const secure = url.protocol === "smtps:";
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  return {
    host,
    port: url.port === "" ? (secure ? 465 : 587) : Number(url.port),
    secure,
    login: user === "" ? null : { user, password },
  };
}

/** `host:port`, as `EGRESS_ALLOW` writes it. */
export function hostAndPort({ host, port }: Pick<SmtpServer, "host" | "port">): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
