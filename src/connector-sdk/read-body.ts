import type { Json } from "../domain/json.ts";
import { decodeText, findCharset } from "../platform/http-content/decode-text.ts";
import { isJsonType, isTextType } from "../platform/http-content/media-type.ts";
import { parseHeaderValue } from "../platform/http-content/parse-header-value.ts";
import { rawContent } from "../platform/http-content/raw-content.ts";
import { parseJson } from "../platform/parse-json.ts";
import type { IncomingResponse } from "./http-exchange.ts";

/** How to read a response body; `auto` goes by its Content-Type. */
export type BodyFormat = "auto" | "json" | "text" | "base64";

/** Text types that do not begin with `text/`. */
const ALSO_TEXT = new Set([
  "application/javascript",
  "application/x-www-form-urlencoded",
  "application/x-ndjson",
  "application/yaml",
]);

/**
 * A response body as a value:
 *
 * | content (`auto`)                    | value                                        |
 * |-------------------------------------|----------------------------------------------|
 * | empty                               | null                                         |
 * | JSON, +json                         | the value; if it cannot be parsed, the text  |
 * | text, XML                           | the text                                     |
 * | no type                             | text if it is UTF-8, else as below           |
 * | anything else                       | `{ contentType, size, base64 }`              |
 *
 * Never throws, whatever the format: the call has happened, and a failure over its answer would invite a second one.
 */
export function readBody(response: ResponseContent, format: BodyFormat): Json {
  const { body } = response;
  if (body.byteLength === 0) return format === "text" ? "" : null;
  const text = format === "base64" ? null : readText(response, format !== "auto");
  if (text === null) return rawContent(response.headers["content-type"]?.trim() || "application/octet-stream", body);
  return format === "json" || (format === "auto" && isJsonType(mediaTypeOf(response))) ? parseOrKeep(text) : text;
}

type ResponseContent = Pick<IncomingResponse, "headers" | "body">;

/** The body as text; null when it is something else. `always` reads it as text whatever its type says. */
export function readText({ headers, body }: ResponseContent, always = false): string | null {
  const type = parseHeaderValue(headers["content-type"] ?? "");
  const mediaType = type?.value ?? "";
  const isText = always || isTextType(mediaType) || ALSO_TEXT.has(mediaType);
  if (!isText && mediaType !== "") return null;
  const charset = findCharset(type?.parameters.get("charset"));
  if (charset === null) return null;
  const text = decodeText(body, charset);
  if (text !== null) return !isText && text.includes("\0") ? null : text;
  // Servers that forget the label mostly mean Latin-1, which browsers assume too.
  return isText ? decodeText(body, "iso-8859-1") : null;
}

function mediaTypeOf({ headers }: ResponseContent): string {
  return parseHeaderValue(headers["content-type"] ?? "")?.value ?? "";
}

function parseOrKeep(text: string): Json {
  const parsed = parseJson(text);
  return parsed.ok ? (parsed.value as Json) : text;
}
