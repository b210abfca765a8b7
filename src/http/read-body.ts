import { AppError } from "../domain/errors.ts";

/**
 * The request's body. Rejects with `too_large` as soon as it is known to be longer than `maxBytes`: from the
 * Content-Length before anything is read, or while a chunked body comes in; with `malformed` when it breaks off; and with
 * `unsupported_media_type` when it is compressed, which would otherwise be read as if it were the text itself.
 */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const coding = request.headers.get("content-encoding");
  if (coding !== null && coding !== "" && coding.toLowerCase() !== "identity")
    throw new AppError("unsupported_media_type", "Send the body as it is, without a Content-Encoding.");
  const declaredLength = request.headers.get("content-length");
  if (declaredLength !== null && Number(declaredLength) > maxBytes) throw tooLarge(maxBytes);
  try {
    // The server cuts a body off at its Content-Length, so one read cannot give more than was declared.
    return declaredLength === null ? await readChunks(request.body, maxBytes) : await request.bytes();
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError("malformed", "The request's body broke off before its end.", { cause });
  }
}

const NOTHING = new Uint8Array(0);

async function readChunks(body: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<Uint8Array> {
  if (body === null) return NOTHING;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    // Leaving the loop cancels the stream: the rest is not read.
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length);
}

function tooLarge(maxBytes: number): AppError {
  return new AppError("too_large", `The body is larger than ${maxBytes} bytes, the most that this server takes.`);
}
