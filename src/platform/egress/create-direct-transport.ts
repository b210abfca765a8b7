import http from "node:http";
import https from "node:https";
import type { LookupFunction } from "node:net";
import type { SecureContext } from "node:tls";
import type { TargetCheck } from "./check-target.ts";
import { closeSocketPool, createSocketPool, requestOver, type Transport, tlsOptions } from "./transport.ts";

/**
 * Connects to targets directly. Names are resolved and checked in the socket's own lookup, so what was checked is
 * what is connected to: a DNS answer that changes afterwards has nobody left to ask. Address literals never reach a
 * lookup and are checked beforehand. A kept connection stays with the host and port it was checked for.
 */
export function createDirectTransport(check: TargetCheck, secureContext: SecureContext | undefined): Transport {
  const plain = createSocketPool((options) => new http.Agent(options));
  const secure = createSocketPool((options) => new https.Agent({ ...options, ...tlsOptions(secureContext) }));

  return {
    admit(target) {
      if (target.isAddress) check.checkLiteral(target.host, target.port);
      return undefined;
    },
    open({ method, target, headers, freshSocket }) {
      const pool = target.secure ? secure : plain;
      return requestOver(target.secure, {
        agent: freshSocket ? pool.fresh : pool.kept,
        method,
        host: target.host,
        port: target.port,
        path: target.url.pathname + target.url.search,
        headers,
        lookup: lookupFor(check, target.port),
      });
    },
    peerOf: (target) => target.host,
    close() {
      closeSocketPool(plain);
      closeSocketPool(secure);
    },
  };
}

function lookupFor(check: TargetCheck, port: number): LookupFunction {
  return (host, options, callback) => {
    check.resolve(host, port).then(
      (addresses) => {
        // Every address here was checked, so the socket may fall back from one to the next.
        if (options.all === true) callback(null, [...addresses]);
        else callback(null, addresses[0].address, addresses[0].family);
      },
      (error) => callback(error, "", 0),
    );
  };
}
