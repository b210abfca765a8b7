import { isIP } from "node:net";
import { blockedRangeOf } from "./blocked-addresses.ts";
import { EgressError } from "./egress-error.ts";
import type { AllowList } from "./parse-allow-list.ts";

interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export interface CheckedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Resolves a name to all of its addresses; rejects when there are none. */
export type LookupAll = (host: string) => Promise<readonly ResolvedAddress[]>;

export interface TargetCheck {
  /** An IP literal: returns when it may be connected to, throws EgressError `blocked` otherwise. */
  checkLiteral(address: string, port: number): void;
  /**
   * A name: resolves it once and returns only the addresses that may be connected to. A caller that connects to
   * anything else than what is returned here has lost the protection against DNS rebinding. Throws EgressError
   * `dns` or `blocked`.
   */
  resolve(host: string, port: number): Promise<readonly [CheckedAddress, ...CheckedAddress[]]>;
  /**
   * Whether a secret may go there unencrypted: only where an administrator has allowed the name, or every address that
   * it has, which nothing on the public internet is. Throws EgressError `dns`.
   */
  allowsPlain(target: { readonly host: string; readonly port: number; readonly isAddress: boolean }): Promise<boolean>;
}

export function createTargetCheck(allow: AllowList, lookup: LookupAll): TargetCheck {
  const blockedBy = (address: string, port: number): string | undefined => {
    const range = blockedRangeOf(address);
    return range === undefined || allow.allowsAddress(address, port) ? undefined : range;
  };

  return {
    checkLiteral(address, port) {
      const range = blockedBy(address, port);
      if (range !== undefined) throw blocked(`${address} is ${range}`);
    },

    async resolve(host, port) {
      const found = await resolveAll(lookup, host);
      const anyAddress = allow.allowsName(host, port);
      const [first, ...rest] = found.filter(({ address }) => anyAddress || blockedBy(address, port) === undefined);
      if (first !== undefined) return [first, ...rest];
      const { address } = found[0]!;
      throw blocked(`${host} resolves to ${address}, ${blockedBy(address, port)}`);
    },

    async allowsPlain({ host, port, isAddress }) {
      if (isAddress) return allow.allowsAddress(host, port);
      if (allow.allowsName(host, port)) return true;
      const found = await resolveAll(lookup, host);
      return found.every(({ address }) => allow.allowsAddress(address, port));
    },
  };
}

async function resolveAll(lookup: LookupAll, host: string): Promise<CheckedAddress[]> {
  let answers: readonly ResolvedAddress[];
  try {
    answers = await lookup(host);
  } catch (cause) {
    throw unresolved(host, cause);
  }
  // The family is read off the address: a resolver that mislabels one must not decide how it is connected to.
  const found = answers.flatMap(({ address }) => {
    const family = isIP(address);
    return family === 4 || family === 6 ? [{ address, family } as const] : [];
  });
  if (found.length === 0) throw unresolved(host);
  return found;
}

function blocked(fact: string): EgressError {
  return new EgressError("blocked", `${fact}; an administrator can allow it with EGRESS_ALLOW`);
}

function unresolved(host: string, cause?: unknown): EgressError {
  return new EgressError("dns", `${host} cannot be resolved; check the host name and this server's DNS`, { cause });
}
