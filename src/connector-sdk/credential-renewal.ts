import { isJsonObject, type Json } from "../domain/json.ts";
import type { Access, ParkedAccess } from "./connection-access.ts";
import type { ConnectionCredential, IncomingResponse, OutgoingRequest } from "./http-exchange.ts";

type Send = (request: OutgoingRequest, allowedHosts: readonly string[] | null) => Promise<IncomingResponse>;

/** Shorter texts may stand in a header by chance. */
const MIN_SECRET_CHARS = 8;

/**
 * The credential of one attempt, which is renewed once when the provider refuses it. A 401 is answered here: the same
 * request goes out again with the new token in its headers, so that an action of several requests does not begin anew,
 * and does nothing twice. An action that finds the refusal in a body is run again by its caller.
 */
export class CredentialRenewal {
  #access: Access | null;
  readonly #send: Send;
  /** All that were in use, the newest last: an answer may echo any of them. */
  readonly #used: ConnectionCredential[];
  #renewing: Promise<boolean> | null = null;
  #parked: ParkedAccess | null = null;
  #isDoubted = false;
  #sent = 0;

  constructor(access: Access | null, send: Send) {
    this.#access = access;
    this.#send = send;
    this.#used = access ? [access.credential] : [];
  }

  get credential(): ConnectionCredential | null {
    return this.#access?.credential ?? null;
  }

  get credentials(): readonly ConnectionCredential[] {
    return this.#used;
  }

  get isRenewed(): boolean {
    return this.#used.length > 1;
  }

  /** Requests that were sent, a repeated one counted once. */
  get sent(): number {
    return this.#sent;
  }

  async send(request: OutgoingRequest): Promise<IncomingResponse> {
    this.#sent += 1;
    const current = this.#withNewest(request);
    const response = await this.#send(current, this.#access?.hosts ?? null);
    if (response.status !== 401 || !(await this.afterRefusal())) return response;
    const renewed = this.#withNewest(request);
    return renewed === current ? response : this.#send(renewed, this.#access?.hosts ?? null);
  }

  /** True when there is another credential by now than the one that was refused. One renewal an attempt. */
  afterRefusal(): Promise<boolean> {
    this.#renewing ??= this.#renew(false);
    return this.#renewing;
  }

  /** Whether the run has to wait for a person. A renewed credential that is refused too is doubted, once. */
  async parkedAfterRefusal(): Promise<ParkedAccess | null> {
    if ((await this.afterRefusal()) && !this.#isDoubted) {
      this.#isDoubted = true;
      await this.#renew(true);
    }
    return this.#parked;
  }

  async #renew(isSecond: boolean): Promise<boolean> {
    const next = await this.#access?.renew?.(isSecond);
    if (next?.kind === "parked") this.#parked = next;
    if (next?.kind !== "ready") return false;
    this.#access = next;
    this.#used.push(next.credential);
    return true;
  }

  /** What an action has put into headers is what it was given at first; later requests get the newest as well. */
  #withNewest(request: OutgoingRequest): OutgoingRequest {
    const newest = this.#used.at(-1);
    const first = this.#used[0];
    if (!newest || !first || newest === first || !request.headers) return request;
    const replaced = replacements(first, newest);
    const headers = request.headers.map(
      ([name, value]) =>
        [name, replaced.reduce((text, [before, after]) => text.replaceAll(before, after), value)] as const,
    );
    const isSame = headers.every(([, value], index) => value === request.headers?.[index]?.[1]);
    return isSame ? request : { ...request, headers };
  }
}

/** Texts of the credential that are others now. */
function replacements(first: ConnectionCredential, newest: ConnectionCredential): (readonly [string, string])[] {
  const found: [string, string][] = [];
  const walk = (before: Json | undefined, after: Json | undefined) => {
    if (typeof before === "string" && typeof after === "string") {
      if (before !== after && before.length >= MIN_SECRET_CHARS) found.push([before, after]);
    } else if (isJsonObject(before ?? null) && isJsonObject(after ?? null)) {
      for (const [name, value] of Object.entries(before as object))
        walk(value as Json, (after as { [key: string]: Json })[name]);
    }
  };
  walk(first.fields, newest.fields);
  return found;
}
