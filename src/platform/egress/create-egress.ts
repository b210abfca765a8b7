import { X509Certificate } from "node:crypto";
import dns from "node:dns/promises";
import tls, { type SecureContext } from "node:tls";
import { buildRequestHeaders, type HeaderPair, parseMethod } from "./build-request-headers.ts";
import { type CheckedAddress, createTargetCheck, type LookupAll } from "./check-target.ts";
import { createDirectTransport } from "./create-direct-transport.ts";
import { createProxyTransport } from "./create-proxy-transport.ts";
import { EgressError } from "./egress-error.ts";
import { exchange, type RawResponse } from "./exchange.ts";
import { type Hop, nextHop } from "./next-hop.ts";
import { parseAllowList } from "./parse-allow-list.ts";
import { parseProxy } from "./parse-proxy.ts";
import { parseHost, parseTarget, type Target } from "./parse-target.ts";
import { type Deadline, startDeadline } from "./start-deadline.ts";
import type { Transport } from "./transport.ts";

export interface EgressOptions {
  /** Entries of `EGRESS_ALLOW`, see parseAllowList. */
  readonly allow: readonly string[];
  /** `EGRESS_PROXY`: `http(s)://[user:password@]host:port`. */
  readonly proxyUrl?: string;
  /** `EXTRA_CA_CERTS`: PEM text of certificates to trust besides the runtime's own. */
  readonly extraCaCerts?: string;
  /** Resolver for target names; the system's by default. */
  readonly lookup?: LookupAll;
  /** Sent when a request brings no User-Agent of its own. */
  readonly userAgent?: string;
}

export interface EgressRequest {
  readonly method: string;
  readonly url: string;
  /** `Host`, framing and hop-by-hop headers are dropped: the URL and the client decide those. */
  readonly headers?: readonly HeaderPair[];
  readonly body?: Uint8Array | string;
  /** For the whole exchange: name lookup, connection, redirects, body. */
  readonly timeoutMs: number;
  /** Counted after decoding. */
  readonly maxResponseBytes: number;
  /** `none` (default) returns a 3xx as it is; `follow` checks every hop like a first request. */
  readonly redirect?: "none" | "follow";
  /** 10 by default. */
  readonly maxRedirects?: number;
  /**
   * It holds secrets: a redirect that would send it to another origin is refused instead, and so is plain http to a host
   * that `allow` does not name.
   */
  readonly keepBodyAtOrigin?: boolean;
  /**
   * Where this request's credential may go: `api.example.com`, `host:port` or `*.example.com`. When given, the URL
   * and every redirect must be among them, and be https unless `allow` names the host.
   */
  readonly allowedHosts?: readonly string[];
  /** Names of headers that hold secrets; another origin never gets them (nor any header not known to be harmless). */
  readonly secretHeaders?: readonly string[];
  readonly signal?: AbortSignal;
}

export interface EgressResponse {
  readonly status: number;
  /** Lower-case names; repeated headers joined by ", ", `set-cookie` by a line feed. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded; `content-encoding` and `content-length` are removed when that changed it. */
  readonly body: Uint8Array;
  /** Where the response came from after redirects. */
  readonly url: string;
}

export interface Egress {
  /** Rejects with EgressError, whose `sent` tells whether the target may have seen the request. */
  request(request: EgressRequest): Promise<EgressResponse>;
  /**
   * For clients of other protocols (SQL, mail): resolves and checks a host and returns the address that must then be
   * connected to. Rejects with EgressError `invalid_url`, `dns` or `blocked`.
   */
  checkAddress(host: string, port: number): Promise<CheckedAddress>;
  /** Closes all connections; requests in flight fail. */
  close(): void;
}

const DEFAULT_MAX_REDIRECTS = 10;

/** Methods whose repetition changes nothing more (RFC 9110 §9.2.2), so a broken idle connection costs no question. */
const REPEATABLE = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/**
 * The one way out of this process: http and https only, every address checked, sizes and times capped. Throws an
 * Error that names the setting when an option cannot be read.
 */
export function createEgress(options: EgressOptions): Egress {
  const check = createTargetCheck(parseAllowList(options.allow), options.lookup ?? lookupBySystem);
  const secureContext = trustAlso(options.extraCaCerts);
  const userAgent = options.userAgent ?? "IntegrationSync";
  const transport =
    options.proxyUrl === undefined
      ? createDirectTransport(check, secureContext)
      : createProxyTransport(parseProxy(options.proxyUrl), check, secureContext);

  /** Whoever sits between could read it. */
  async function admitPlain(target: Target): Promise<void> {
    const isAllowed = await check.allowsPlain(target).catch((error: unknown) => {
      // Behind a proxy names may mean nothing here, and then nothing here allows them.
      if (options.proxyUrl !== undefined && error instanceof EgressError && error.kind === "dns") return false;
      throw error;
    });
    if (isAllowed) return;
    const fact = `${target.host} would be sent a credential over http, where others can read it`;
    throw new EgressError("blocked", `${fact}; use https, or have an administrator allow the host with EGRESS_ALLOW`);
  }

  return {
    async request(request) {
      let target = parseTarget(request.url, request.allowedHosts);
      let hop = firstHop(request, target);
      let sent = false;
      const onSent = (): void => {
        sent = true;
      };
      const deadline = startDeadline(target.host, request.timeoutMs, request.signal);
      const holdsSecrets = request.allowedHosts !== undefined || request.keepBodyAtOrigin === true;
      try {
        for (let redirects = 0; ; redirects += 1) {
          if (holdsSecrets && !target.secure) await deadline.race(admitPlain(target));
          const response = await send(transport, hop, target, { request, userAgent, deadline, onSent });
          const next =
            request.redirect === "follow"
              ? nextHop(hop, response.status, response.headers.location, request.secretHeaders)
              : ({ kind: "final" } as const);
          if (next.kind === "final") return { ...response, url: target.url.href };
          if (next.kind === "invalid") throw new EgressError("redirect", next.reason);
          if (redirects >= (request.maxRedirects ?? DEFAULT_MAX_REDIRECTS)) throw tooManyRedirects(target, redirects);
          const before = target.url.origin;
          target = parseTarget(next.hop.url, request.allowedHosts);
          if (request.keepBodyAtOrigin && next.hop.body !== undefined && target.url.origin !== before)
            throw new EgressError("redirect", `${new URL(before).host} sends what it was sent on to another address`);
          hop = { ...next.hop, url: target.url };
        }
      } catch (error) {
        throw error instanceof EgressError ? error.withSent(sent) : error;
      } finally {
        deadline.end();
      }
    },

    async checkAddress(text, port) {
      const { host, isAddress } = parseHost(text);
      if (!isAddress) return (await check.resolve(host, port))[0];
      check.checkLiteral(host, port);
      return { address: host, family: host.includes(":") ? 6 : 4 };
    },

    close: () => transport.close(),
  };
}

interface SendContext {
  readonly request: EgressRequest;
  readonly userAgent: string;
  readonly deadline: Deadline;
  readonly onSent: () => void;
}

async function send(transport: Transport, hop: Hop, target: Target, context: SendContext): Promise<RawResponse> {
  const { request, userAgent, deadline, onSent } = context;
  const headers = buildRequestHeaders(hop.method, hop.headers, hop.body?.byteLength, userAgent);
  const admitted = transport.admit(target);
  if (admitted !== undefined) await deadline.race(admitted);

  for (let freshSocket = false; ; freshSocket = true) {
    if (deadline.stopped !== undefined) throw deadline.stopped;
    const outcome = await exchange(transport.open({ method: hop.method, target, headers, freshSocket }), {
      peer: transport.peerOf(target),
      secure: target.secure,
      body: hop.body,
      maxResponseBytes: request.maxResponseBytes,
      deadline,
      onSent,
    });
    if (outcome.kind === "response") return outcome.response;
    const mayRepeat = outcome.staleSocket && !freshSocket && REPEATABLE.has(hop.method);
    if (!mayRepeat) throw outcome.error;
  }
}

function firstHop(request: EgressRequest, target: Target): Hop {
  return {
    method: parseMethod(request.method),
    url: target.url,
    headers: request.headers ?? [],
    body: typeof request.body === "string" ? Buffer.from(request.body) : request.body,
  };
}

function tooManyRedirects(target: Target, followed: number): EgressError {
  return new EgressError(
    "redirect",
    `Gave up after ${followed} redirects, the last at ${target.host}; check whether the URL redirects in circles`,
  );
}

async function lookupBySystem(host: string): ReturnType<LookupAll> {
  return dns.lookup(host, { all: true });
}

function trustAlso(pem: string | undefined): SecureContext | undefined {
  if (pem === undefined) return undefined;
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length === 0)
    throw new Error("EXTRA_CA_CERTS holds no certificate; it must be PEM text or a PEM file");
  for (const [index, certificate] of certificates.entries()) {
    try {
      new X509Certificate(certificate);
    } catch (cause) {
      throw new Error(`Certificate ${index + 1} in EXTRA_CA_CERTS cannot be read; export it again as PEM`, { cause });
    }
  }
  return tls.createSecureContext({ ca: [...tls.getCACertificates("default"), ...certificates] });
}
