import { AppError } from "../../domain/errors.ts";
import { decodeUtf8, parseJson } from "../../platform/parse-json.ts";
import { readBody } from "../read-body.ts";

/**
 * The value of a JSON body; undefined when the body is empty. Rejects with `unsupported_media_type` for a body of
 * another type, `malformed` for text that is not JSON or that `parseJson` refuses, `too_large`.
 */
export async function readJson(request: Request, maxBytes: number): Promise<unknown> {
  const bytes = await readBody(request, maxBytes);
  if (bytes.byteLength === 0) return undefined;
  checkMediaType(request.headers.get("content-type"));
  const text = decodeUtf8(bytes);
  if (text === null) throw new AppError("malformed", "The body is not valid UTF-8 text.");
  const parsed = parseJson(text);
  if (!parsed.ok) throw new AppError("malformed", `The JSON body is refused: ${parsed.message}.`);
  return parsed.value;
}

/** `application/json` or `…+json`, in UTF-8 (RFC 8259 §8.1 knows no other). */
const JSON_TYPE = /^application\/(?:[\w.!#$&^-]+\+)?json *(?:; *charset="?utf-8"? *)?$/i;

function checkMediaType(header: string | null): void {
  if (header !== null && JSON_TYPE.test(header)) return;
  throw new AppError("unsupported_media_type", "Send the body as JSON in UTF-8, with Content-Type: application/json.");
}
