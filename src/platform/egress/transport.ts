import http from "node:http";
import https from "node:https";
import type { SecureContext } from "node:tls";
import type { Target } from "./parse-target.ts";

/** One HTTP request, ready for the wire. */
interface WireRequest {
  readonly method: string;
  readonly target: Target;
  readonly headers: http.OutgoingHttpHeaders;
  /** Do not use a connection that is lying idle. */
  readonly freshSocket: boolean;
}

/** How requests get to their targets: directly, or through a proxy. */
export interface Transport {
  /** Checks a target as far as that can be done before connecting; throws or rejects with EgressError. */
  admit(target: Target): Promise<void> | undefined;
  /** Starts a request whose target was admitted; the caller writes the body and handles its events. */
  open(request: WireRequest): http.ClientRequest;
  /** Whom the connection is made to, for error messages. */
  peerOf(target: Target): string;
  close(): void;
}

/** Connections per host and port, so that one slow target cannot use up the process's file descriptors. */
const MAX_SOCKETS = 256;
const MAX_FREE_SOCKETS = 64;

/**
 * Servers close idle connections, and a request written at that very moment has an unknown outcome. Few servers wait
 * less than 2 seconds (gunicorn 2 s, Node and Apache 5 s), so we let go first. Under load sockets idle for
 * milliseconds, so nothing is lost. A server's own `Keep-Alive: timeout=` is honoured by the agent when shorter.
 */
const IDLE_TIMEOUT_MS = 1_500;

/**
 * How long one of several addresses is tried before the next. The runtime's 500 ms gives a far-away host up that is
 * merely slow, or lost one packet: that is sent again after a second.
 */
const ADDRESS_ATTEMPT_TIMEOUT_MS = 2_000;

interface SocketPool<Agent extends http.Agent> {
  /** Keeps connections open between requests. */
  readonly kept: Agent;
  /** Makes a connection per request. */
  readonly fresh: Agent;
}

/** Pools for one kind of agent; `makeAgent` receives the options that keep it bounded. */
export function createSocketPool<Agent extends http.Agent>(
  makeAgent: (options: https.AgentOptions) => Agent,
): SocketPool<Agent> {
  const always = { maxSockets: MAX_SOCKETS, autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_TIMEOUT_MS };
  return {
    kept: makeAgent({ ...always, keepAlive: true, maxFreeSockets: MAX_FREE_SOCKETS, timeout: IDLE_TIMEOUT_MS }),
    fresh: makeAgent({ ...always, keepAlive: false }),
  };
}

export function closeSocketPool(pool: SocketPool<http.Agent>): void {
  pool.kept.destroy();
  pool.fresh.destroy();
}

/** Certificates are always verified, whatever NODE_TLS_REJECT_UNAUTHORIZED says. */
export function tlsOptions(secureContext: SecureContext | undefined): https.AgentOptions {
  return secureContext === undefined ? { rejectUnauthorized: true } : { rejectUnauthorized: true, secureContext };
}

/** `http.request` or `https.request`, by whether the connection is to be TLS. */
export function requestOver(secure: boolean, options: https.RequestOptions): http.ClientRequest {
  return secure ? https.request(options) : http.request(options);
}
