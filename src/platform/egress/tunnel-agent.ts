import type { ClientRequestArgs, IncomingMessage } from "node:http";
import https from "node:https";
import { isIP, isIPv6, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import tls, { type SecureContext } from "node:tls";
import { EgressError } from "./egress-error.ts";
import type { ForwardProxy } from "./parse-proxy.ts";
import { requestOver, tlsOptions } from "./transport.ts";

/** A proxy that says nothing must not hold a connection for ever when the request behind it is long gone. */
const CONNECT_TIMEOUT_MS = 30_000;

type OnCreated = (error: Error | null, socket: Duplex) => void;

/** An https agent whose connections are TLS to the target inside a CONNECT tunnel (RFC 9110 §9.3.6). */
export class TunnelAgent extends https.Agent {
  readonly #proxy: ForwardProxy;
  readonly #secureContext: SecureContext | undefined;

  constructor(proxy: ForwardProxy, secureContext: SecureContext | undefined, options: https.AgentOptions) {
    super(options);
    this.#proxy = proxy;
    this.#secureContext = secureContext;
  }

  override createConnection(options: ClientRequestArgs, onCreated?: OnCreated): undefined {
    const host = options.host ?? "";
    const authority = `${isIPv6(host) ? `[${host}]` : host}:${options.port}`;
    const connect = requestOver(this.#proxy.secure, {
      agent: false,
      method: "CONNECT",
      host: this.#proxy.host,
      port: this.#proxy.port,
      path: authority,
      headers: {
        host: authority,
        ...(this.#proxy.authorization === undefined ? {} : { "proxy-authorization": this.#proxy.authorization }),
      },
      ...(this.#proxy.secure ? tlsOptions(this.#secureContext) : {}),
      timeout: CONNECT_TIMEOUT_MS,
    });
    const fail = (error: EgressError): void => onCreated?.(error, undefined as never);

    connect.on("timeout", () => connect.destroy(new Error("no answer to CONNECT")));
    connect.on("error", (cause) => fail(this.#unreachable(cause)));
    connect.on("connect", (response: IncomingMessage, socket: Socket, head: Buffer) => {
      // A TLS server does not speak first: bytes here are not from the target, and must not be taken for its.
      const status = response.statusCode ?? 0;
      if (status < 200 || status > 299 || head.byteLength > 0) {
        socket.destroy();
        return fail(this.#turnedAway(authority, status));
      }
      socket.setTimeout(0);
      onCreated?.(
        null,
        tls.connect({
          ...tlsOptions(this.#secureContext),
          socket,
          host,
          ...(isIP(host) === 0 ? { servername: host } : {}),
        }),
      );
    });
    connect.end();
    return undefined;
  }

  #unreachable(cause: Error): EgressError {
    return new EgressError(
      "refused",
      `The proxy ${this.#proxy.host} cannot be used (${cause.message}); an administrator should check EGRESS_PROXY`,
      { cause },
    );
  }

  #turnedAway(authority: string, status: number): EgressError {
    const advice =
      status === 407 ? "check the user and password in EGRESS_PROXY" : "ask whoever runs the proxy to let it through";
    return new EgressError(
      "refused",
      `The proxy ${this.#proxy.host} did not open a connection to ${authority} (status ${status}); ${advice}`,
    );
  }
}
