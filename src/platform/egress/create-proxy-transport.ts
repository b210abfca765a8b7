import http from "node:http";
import https from "node:https";
import type { SecureContext } from "node:tls";
import type { TargetCheck } from "./check-target.ts";
import { EgressError } from "./egress-error.ts";
import type { ForwardProxy } from "./parse-proxy.ts";
import { closeSocketPool, createSocketPool, requestOver, type Transport, tlsOptions } from "./transport.ts";
import { TunnelAgent } from "./tunnel-agent.ts";

/**
 * Sends everything through the company's proxy: `https` in a CONNECT tunnel, `http` in absolute form
 * (RFC 9112 §3.2.2). The proxy resolves names itself and is given the name, because companies filter by name. So the
 * address check here is a first line only: a name that resolves to a blocked address is refused, a name that this
 * machine cannot resolve (usual behind such proxies) is the proxy's to judge. What the proxy lets through is up to
 * whoever runs it, and its own address is allowed because an administrator set it.
 */
export function createProxyTransport(
  proxy: ForwardProxy,
  check: TargetCheck,
  secureContext: SecureContext | undefined,
): Transport {
  const toProxy = createSocketPool((options) =>
    proxy.secure ? new https.Agent({ ...options, ...tlsOptions(secureContext) }) : new http.Agent(options),
  );
  const tunnels = createSocketPool((options) => new TunnelAgent(proxy, secureContext, options));

  return {
    async admit(target) {
      if (target.isAddress) return check.checkLiteral(target.host, target.port);
      try {
        await check.resolve(target.host, target.port);
      } catch (error) {
        const isUnknownHere = error instanceof EgressError && error.kind === "dns";
        // Where localhost does not resolve here, it still would at the proxy, and mean the proxy itself.
        if (!isUnknownHere || /(^|\.)localhost$/.test(target.host)) throw error;
      }
    },
    open({ method, target, headers, freshSocket }) {
      const pool = target.secure ? tunnels : toProxy;
      const agent = freshSocket ? pool.fresh : pool.kept;
      if (target.secure) {
        const path = target.url.pathname + target.url.search;
        return https.request({ agent, method, host: target.host, port: target.port, path, headers });
      }
      return requestOver(proxy.secure, {
        agent,
        method,
        host: proxy.host,
        port: proxy.port,
        path: target.url.href,
        headers: { ...headers, host: target.url.host, ...proxyAuthorization(proxy) },
      });
    },
    peerOf: (target) =>
      target.secure ? target.host : `${target.host} (through the proxy ${proxy.host} of EGRESS_PROXY)`,
    close() {
      closeSocketPool(toProxy);
      closeSocketPool(tunnels);
    },
  };
}

function proxyAuthorization(proxy: ForwardProxy): http.OutgoingHttpHeaders {
  return proxy.authorization === undefined ? {} : { "proxy-authorization": proxy.authorization };
}
