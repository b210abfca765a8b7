import { EgressError } from "./egress-error.ts";

interface Waiter {
  readonly begin: () => void;
}
interface Host {
  total: number;
  readonly byTenant: Map<string, number>;
  /** In the order in which tenants are served; each tenant's own in theirs. */
  readonly waiting: Map<string, Waiter[]>;
}

/**
 * Requests to one host at a time, shared between tenants, because the connections to it are few and a host that hangs
 * holds them for long. A tenant may have under way as many as are still free: alone it gets half, and leaves the other
 * half to the next. The last quarter is for tenants that have few: of 256, four each.
 */
export function createHostShare(maxPerHost: number) {
  const hosts = new Map<string, Host>();
  const kept = maxPerHost * KEPT_SHARE;
  const few = Math.max(1, Math.floor(maxPerHost * FEW_SHARE));

  function mayBegin(host: Host, tenantId: string): boolean {
    const own = host.byTenant.get(tenantId) ?? 0;
    const free = maxPerHost - host.total;
    return free > 0 && (own === 0 || own < (free > kept ? free : few));
  }

  function begin(host: Host, tenantId: string): void {
    host.total += 1;
    host.byTenant.set(tenantId, (host.byTenant.get(tenantId) ?? 0) + 1);
  }

  function end(name: string, host: Host, tenantId: string): void {
    host.total -= 1;
    const own = (host.byTenant.get(tenantId) ?? 1) - 1;
    if (own === 0) host.byTenant.delete(tenantId);
    else host.byTenant.set(tenantId, own);
    for (const [waitingTenant, waiters] of host.waiting) {
      if (!mayBegin(host, waitingTenant)) continue;
      const next = waiters.shift();
      // Behind the others for its next one.
      host.waiting.delete(waitingTenant);
      if (waiters.length > 0) host.waiting.set(waitingTenant, waiters);
      next?.begin();
      return;
    }
    if (host.total === 0 && host.waiting.size === 0) hosts.delete(name);
  }

  function wait(host: Host, tenantId: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiters = host.waiting.get(tenantId) ?? [];
      host.waiting.set(tenantId, waiters);
      const leave = () => {
        waiters.splice(waiters.indexOf(waiter), 1);
        if (waiters.length === 0 && host.waiting.get(tenantId) === waiters) host.waiting.delete(tenantId);
        reject(new EgressError("aborted", "The request was given up before a connection was free."));
      };
      const waiter: Waiter = {
        begin() {
          signal.removeEventListener("abort", leave);
          begin(host, tenantId);
          resolve();
        },
      };
      waiters.push(waiter);
      signal.addEventListener("abort", leave, { once: true });
      if (signal.aborted) leave();
    });
  }

  /** Runs `work` when the tenant's turn has come; rejects with `aborted` (nothing was sent) when `signal` fires before. */
  return async function share<T>(
    url: string,
    tenantId: string,
    signal: AbortSignal,
    work: () => Promise<T>,
  ): Promise<T> {
    const name = hostOf(url);
    const host = hosts.get(name) ?? { total: 0, byTenant: new Map(), waiting: new Map() };
    hosts.set(name, host);
    if (!host.waiting.has(tenantId) && mayBegin(host, tenantId)) begin(host, tenantId);
    else await wait(host, tenantId, signal);
    try {
      return await work();
    } finally {
      end(name, host, tenantId);
    }
  };
}

/** For tenants that have few under way, and how many that is. */
const KEPT_SHARE = 1 / 4;
const FEW_SHARE = 1 / 64;

/** As written: two spellings of one host are two shares, which harms nobody. */
function hostOf(url: string): string {
  const start = url.indexOf("//") + 2;
  const end = url.slice(start).search(/[/?#]/);
  return end < 0 ? url.slice(start) : url.slice(start, start + end);
}
