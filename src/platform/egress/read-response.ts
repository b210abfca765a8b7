import type { IncomingMessage } from "node:http";
import type { Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from "node:zlib";

export type BodyOutcome =
  | { readonly kind: "complete"; readonly body: Uint8Array }
  | { readonly kind: "too_large" }
  | { readonly kind: "broken"; readonly error: unknown };

/** How much larger than its content a coded body may be: framing of tiny or incompressible bodies. */
const MAX_CODING_OVERHEAD_BYTES = 65_536;

/** A longer chain of codings has no honest use and multiplies what a small body can unfold to. */
const MAX_CODINGS = 2;

/**
 * Response headers with lower-case names; repeated ones joined by ", ", `set-cookie` by a line feed, because a
 * cookie's date contains ", ". Read from the raw list: the runtime's own object loses names such as `constructor`.
 */
export function readHeaders(response: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  const raw = response.rawHeaders;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at]!.toLowerCase();
    const value = raw[at + 1]!;
    const earlier = headers[name];
    headers[name] = earlier === undefined ? value : `${earlier}${name === "set-cookie" ? "\n" : ", "}${value}`;
  }
  return headers;
}

/** The codings to undo, last applied first; empty when the body is plain or coded in a way that is not ours to undo. */
export function readCodings(contentEncoding: string | undefined): readonly string[] {
  if (contentEncoding === undefined) return [];
  const codings = contentEncoding
    .toLowerCase()
    .split(",")
    .map((coding) => coding.trim())
    .filter((coding) => coding !== "" && coding !== "identity");
  const known = codings.every((coding) => ["gzip", "x-gzip", "deflate", "br"].includes(coding));
  return known && codings.length <= MAX_CODINGS ? codings.reverse() : [];
}

/**
 * Collects the decoded body and calls `done` once. Counting happens chunk by chunk, so a bomb or an endless body is
 * found out after `maxBytes`, not after it has filled the memory; the caller must then destroy the connection.
 * A body that stops short of its declared length or of its coding's end mark is `broken`, never cut silently.
 */
export function readBody(
  response: IncomingMessage,
  codings: readonly string[],
  maxBytes: number,
  done: (outcome: BodyOutcome) => void,
): void {
  const chunks: Uint8Array[] = [];
  let receivedBytes = 0;
  let decodedBytes = 0;
  let decoders: Transform[] | undefined;
  let finished = false;

  const finish = (outcome: BodyOutcome): void => {
    if (finished) return;
    finished = true;
    for (const decoder of decoders ?? []) decoder.destroy();
    done(outcome);
  };
  const keep = (chunk: Uint8Array): void => {
    if (finished) return;
    decodedBytes += chunk.byteLength;
    if (decodedBytes > maxBytes) return finish({ kind: "too_large" });
    chunks.push(chunk);
  };
  const complete = (): void => finish({ kind: "complete", body: joinChunks(chunks, decodedBytes) });
  const fail = (error: unknown): void => finish({ kind: "broken", error });

  response.on("data", (chunk: Uint8Array) => {
    if (finished || codings.length === 0) return keep(chunk);
    receivedBytes += chunk.byteLength;
    // Compressed data can go on for ever without producing a byte.
    if (receivedBytes > maxBytes + MAX_CODING_OVERHEAD_BYTES) return finish({ kind: "too_large" });
    // Made at the first byte, because answers to HEAD and 304 name a coding and have no body.
    decoders ??= connectDecoders(codings, chunk, keep, complete, fail);
    // Without back-pressure, because what can pile up is bounded by the line above.
    decoders[0]?.write(chunk);
  });
  response.on("end", () => {
    if (decoders === undefined) complete();
    else decoders[0]?.end();
  });
  response.on("error", fail);
  response.on("close", () => {
    if (!response.complete) fail(new Error("the connection was closed early"));
  });
}

function connectDecoders(
  codings: readonly string[],
  firstChunk: Uint8Array,
  onData: (chunk: Uint8Array) => void,
  onEnd: () => void,
  onError: (error: unknown) => void,
): Transform[] {
  const decoders = codings.map((coding, at) => createDecoder(coding, at === 0 ? firstChunk : undefined));
  for (const [at, decoder] of decoders.entries()) {
    decoder.on("error", onError);
    const next = decoders[at + 1];
    if (next !== undefined) decoder.pipe(next);
  }
  decoders.at(-1)?.on("data", onData).on("end", onEnd);
  return decoders;
}

function createDecoder(coding: string, firstChunk: Uint8Array | undefined): Transform {
  if (coding === "br") return createBrotliDecompress();
  if (coding !== "deflate") return createGunzip();
  // RFC 9110 means the zlib format by "deflate", but some servers send the bare stream; the first byte tells.
  const isZlib = firstChunk === undefined || (firstChunk[0]! & 0x0f) === 8;
  return isZlib ? createInflate() : createInflateRaw();
}

function joinChunks(chunks: readonly Uint8Array[], totalBytes: number): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const body = new Uint8Array(totalBytes);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return body;
}
