/**
 * Why a guarded request did not end in a response:
 *
 * | kind | meaning |
 * |---|---|
 * | `invalid_url` | the request cannot be sent as written: scheme, user-info, host, method or a header |
 * | `blocked` | the target is not allowed: a blocked address range, or a host outside `allowedHosts` |
 * | `dns` | the name does not resolve |
 * | `refused` | no connection: refused, unreachable, or turned away by the proxy |
 * | `tls` | the TLS handshake failed; an untrusted or mismatched certificate, most often |
 * | `timeout` | the whole exchange took longer than `timeoutMs` |
 * | `reset` | the connection broke, or what came back is not a readable HTTP response |
 * | `too_large` | the decoded response exceeds `maxResponseBytes`, or its headers exceed the parser's limit |
 * | `redirect` | too many redirects, or one that leads nowhere |
 * | `aborted` | the caller's signal fired |
 */
export type EgressErrorKind =
  | "invalid_url"
  | "blocked"
  | "dns"
  | "refused"
  | "tls"
  | "timeout"
  | "reset"
  | "too_large"
  | "redirect"
  | "aborted";

interface EgressErrorOptions {
  readonly sent?: boolean;
  readonly cause?: unknown;
}

/**
 * The one error of the egress client. Messages name hosts and addresses but never a path, query or header, because
 * those may carry secrets and the message ends up in stored run data.
 */
export class EgressError extends Error {
  readonly kind: EgressErrorKind;
  /**
   * True as soon as any request byte may have left for the target. `false` is a proof that nothing happened there,
   * so the caller may try again; `true` means that the effect is unknown.
   */
  readonly sent: boolean;

  constructor(kind: EgressErrorKind, message: string, options: EgressErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "EgressError";
    this.kind = kind;
    this.sent = options.sent ?? false;
  }
  /** The same failure with what the whole request knows about `sent`; its parts only know their own. */
  withSent(sent: boolean): EgressError {
    if (sent === this.sent) return this;
    return new EgressError(this.kind, this.message, { sent, cause: this.cause });
  }
}
