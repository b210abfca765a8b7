import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { describeFailure, type ExchangeStage } from "./describe-failure.ts";
import { EgressError } from "./egress-error.ts";
import { type BodyOutcome, readBody, readCodings, readHeaders } from "./read-response.ts";
import type { Deadline } from "./start-deadline.ts";

interface ExchangeOptions {
  /** Whom the connection is made to, for error messages. */
  readonly peer: string;
  readonly secure: boolean;
  readonly body: Uint8Array | undefined;
  readonly maxResponseBytes: number;
  readonly deadline: Deadline;
  /** Called as soon as a byte of the request may have left. */
  readonly onSent: () => void;
}

export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

type ExchangeOutcome =
  | { readonly kind: "response"; readonly response: RawResponse }
  /** `staleSocket`: a kept connection broke before any byte of a response, as when the server was just closing it. */
  | { readonly kind: "failed"; readonly error: EgressError; readonly staleSocket: boolean };

/** Connections that carried a request before; on these, bytes leave at once. */
const usedSockets = new WeakSet<Socket>();

/**
 * Writes one request and reads one response.
 *
 * ```
 * queued ─► connecting ─► handshaking ─► sent ─► response
 *    └────────── a kept connection ───────┘
 * ```
 * Whatever ends the exchange before `sent` proves that the target saw nothing of the request.
 */
export function exchange(outgoing: ClientRequest, options: ExchangeOptions): Promise<ExchangeOutcome> {
  const { peer, maxResponseBytes, deadline } = options;
  return new Promise((resolve) => {
    let stage: ExchangeStage = "queued";
    let socket: Socket | undefined;
    let bytesReadBefore = 0;
    let isReused = false;
    let isSettled = false;

    const settle = (outcome: ExchangeOutcome): void => {
      isSettled = true;
      deadline.onStop(undefined);
      resolve(outcome);
    };
    const fail = (error: EgressError, staleSocket = false): void => {
      if (isSettled) return;
      settle({ kind: "failed", error, staleSocket });
      outgoing.destroy();
    };
    const enter = (next: ExchangeStage): void => {
      stage = next;
      if (next !== "sent") return;
      if (socket !== undefined) usedSockets.add(socket);
      options.onSent();
    };

    deadline.onStop((error) => fail(error));
    outgoing.on("socket", (assigned) => {
      socket = assigned;
      isReused = usedSockets.has(assigned);
      bytesReadBefore = assigned.bytesRead;
      if (isReused) enter("sent");
      else followConnection(assigned, options.secure, enter);
    });
    outgoing.on("error", (error) => {
      const isSilent = socket !== undefined && socket.bytesRead === bytesReadBefore;
      fail(describeFailure(error, stage, peer), isReused && isSilent);
    });
    outgoing.on("upgrade", () => fail(new EgressError("reset", `${peer} switched to another protocol unasked`)));
    outgoing.on("response", (response) => {
      readWhole(response, maxResponseBytes, (outcome, headers) => {
        if (isSettled) return;
        if (outcome.kind === "too_large") fail(tooLarge(peer, maxResponseBytes));
        else if (outcome.kind === "broken") fail(describeFailure(outcome.error, "sent", peer));
        else {
          const status = response.statusCode ?? 0;
          settle({ kind: "response", response: { status, headers, body: outcome.body } });
        }
      });
    });
    outgoing.end(options.body);
  });
}

/** Reports the stages of a new connection. In doubt it says `sent`: that costs a review, the opposite a duplicate. */
function followConnection(socket: Socket, secure: boolean, enter: (stage: ExchangeStage) => void): void {
  if (!secure) {
    if (!socket.connecting) return enter("sent");
    enter("connecting");
    socket.once("connect", () => enter("sent"));
    return;
  }
  // `authorized` turns true when the handshake is done, because unverified certificates are never accepted. It is
  // already done on a tunnel whose first request gave up while it was being dug.
  if (!(socket instanceof TLSSocket) || socket.authorized) return enter("sent");
  enter(socket.connecting ? "connecting" : "handshaking");
  if (socket.connecting) socket.once("connect", () => enter("handshaking"));
  socket.once("secureConnect", () => enter("sent"));
}

function readWhole(
  response: IncomingMessage,
  maxBytes: number,
  done: (outcome: BodyOutcome, headers: Readonly<Record<string, string>>) => void,
): void {
  const headers = readHeaders(response);
  const codings = readCodings(headers["content-encoding"]);
  if (codings.length > 0) {
    // They describe the bytes on the wire, and the caller gets the decoded ones.
    delete headers["content-encoding"];
    delete headers["content-length"];
  }
  readBody(response, codings, maxBytes, (outcome) => done(outcome, headers));
}

function tooLarge(peer: string, maxBytes: number): EgressError {
  return new EgressError(
    "too_large",
    `The response of ${peer} is larger than ${maxBytes} bytes; ask for less at a time, e.g. with paging`,
  );
}
