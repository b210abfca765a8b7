import type { JsonObject } from "../../domain/json.ts";
import { type Charset, decodeText, findCharset } from "../../platform/http-content/decode-text.ts";
import { isTextType } from "../../platform/http-content/media-type.ts";
import { type HeaderValue, parseHeaderValue } from "../../platform/http-content/parse-header-value.ts";
import { rawContent } from "../../platform/http-content/raw-content.ts";
import { collectFields, type FieldEntry, MAX_FIELDS } from "./collect-fields.ts";

export type MultipartBody =
  | { readonly ok: true; readonly fields: JsonObject }
  | { readonly ok: false; readonly code: "malformed" | "unsupported_media_type"; readonly message: string };

const MAX_PART_HEADER_BYTES = 8 * 1024;
/** RFC 2046 §5.1.1. */
const BOUNDARY = /^[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]$/;

/**
 * multipart/form-data by RFC 7578 over RFC 2046 §5.1. A field is text; a file, which is a part with a file name or
 * with a content type that is not text, is `{ filename (null when not sent), contentType, size, base64 }`. Repeated
 * names become lists.
 *
 * Strict where laxness lets two readers see different parts: CRLF line ends only, the closing boundary is required,
 * a part needs `Content-Disposition: form-data` with a name. Preamble and epilogue are ignored, as the RFC asks.
 */
export function parseMultipart(bytes: Uint8Array, boundary: string | undefined, charset: Charset): MultipartBody {
  if (boundary === undefined || !BOUNDARY.test(boundary)) {
    return malformed("The Content-Type of a multipart/form-data body must carry a valid boundary.");
  }
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dashBoundary = Buffer.from(`--${boundary}`, "latin1");

  const entries: FieldEntry[] = [];
  let delimiter = findDelimiter(body, dashBoundary, 0);
  if (delimiter === null) return malformed("The boundary named in the Content-Type does not occur in the body.");
  while (!delimiter.closing) {
    const next = findDelimiter(body, dashBoundary, delimiter.end);
    if (next === null) return malformed("The multipart body ends without its closing boundary; it may be cut off.");
    if (entries.length === MAX_FIELDS) return malformed(`The form has more than ${MAX_FIELDS} parts.`);
    const part = parsePart(body.subarray(delimiter.end, next.start), charset);
    if (!part.ok) return { ...part, message: `Part ${entries.length + 1} of the multipart body ${part.message}.` };
    entries.push(part.entry);
    delimiter = next;
  }

  const collected = collectFields(entries);
  return collected.ok ? collected : malformed(collected.message);
}

interface Delimiter {
  /** Where the content before it ends; the line end before a delimiter belongs to the delimiter. */
  readonly start: number;
  /** Where the content after it begins. */
  readonly end: number;
  readonly closing: boolean;
}

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const DASH = 0x2d;

/** The next line that is a delimiter; the boundary in mid-line, or as the beginning of a longer line, is content. */
function findDelimiter(body: Buffer, dashBoundary: Buffer, from: number): Delimiter | null {
  for (let at = body.indexOf(dashBoundary, from); at !== -1; at = body.indexOf(dashBoundary, at + 1)) {
    const beginsLine = at === 0 || (body[at - 2] === CR && body[at - 1] === LF);
    if (!beginsLine) continue;
    const start = Math.max(0, at - 2);
    let end = at + dashBoundary.length;
    if (body[end] === DASH && body[end + 1] === DASH) return { start, end: end + 2, closing: true };
    while (body[end] === SPACE || body[end] === TAB) end += 1;
    if (body[end] === CR && body[end + 1] === LF) return { start, end: end + 2, closing: false };
  }
  return null;
}

type Part =
  | { readonly ok: true; readonly entry: FieldEntry }
  | { readonly ok: false; readonly code: "malformed" | "unsupported_media_type"; readonly message: string };

function parsePart(part: Buffer, formCharset: Charset): Part {
  const headerEnd = part.subarray(0, MAX_PART_HEADER_BYTES).indexOf("\r\n\r\n");
  if (headerEnd === -1) return malformed(`has no complete header within ${MAX_PART_HEADER_BYTES} bytes`);
  const headerText = decodeText(part.subarray(0, headerEnd), formCharset);
  if (headerText === null) return malformed("has a header that is not UTF-8 text");
  const headers = parsePartHeaders(headerText);
  if (headers === null) return malformed("has a header line that cannot be read");

  const disposition = parseHeaderValue(headers.get("content-disposition") ?? "");
  const rawName = disposition?.parameters.get("name");
  if (disposition?.value !== "form-data" || rawName === undefined) {
    return malformed('has no "Content-Disposition: form-data" header with a name');
  }
  // RFC 7578 §4.7: deprecated, and what it would name is not what the bytes of an HTTP body are.
  const transferEncoding = headers.get("content-transfer-encoding")?.toLowerCase() ?? "binary";
  if (!["7bit", "8bit", "binary"].includes(transferEncoding)) {
    return malformed("is in a content transfer encoding, which multipart/form-data does not have");
  }

  // RFC 7578 §4.4: text/plain is what a part without a content type is.
  const contentType = headers.get("content-type") ?? "text/plain";
  const mediaType = parseHeaderValue(contentType);
  if (mediaType === null) return malformed("has a Content-Type that cannot be read");

  const name = unescapeName(rawName);
  const filename = readFilename(disposition);
  const content = part.subarray(headerEnd + 4);
  if (filename !== null || !isTextType(mediaType.value)) {
    return { ok: true, entry: { name, value: { filename, ...rawContent(contentType, content) } } };
  }
  const charsetLabel = mediaType.parameters.get("charset");
  const charset = charsetLabel === undefined ? formCharset : findCharset(charsetLabel);
  if (charset === null) return { ok: false, code: "unsupported_media_type", message: "has a charset other than UTF-8" };
  const value = decodeText(content, charset);
  if (value === null) return malformed("is not valid UTF-8 text");
  return { ok: true, entry: { name, value } };
}

/** Null for a line without a name, a folded line, a stray CR or LF, or a repeated name. */
function parsePartHeaders(text: string): Map<string, string> | null {
  const headers = new Map<string, string>();
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || /[\r\n]/.test(line) || headers.has(name)) return null;
    headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}

/** Browsers, and curl since 7.81, write these three characters of a name so (WHATWG HTML, "multipart/form-data"). */
function unescapeName(name: string): string {
  return name.replaceAll("%22", '"').replaceAll("%0D", "\r").replaceAll("%0A", "\n");
}

/**
 * Null for a part without a file name. `filename*` (RFC 8187) is against RFC 7578 but .NET sends it, next to a
 * `filename` made unreadable. A path is cut to its last name, so that nobody downstream writes to `../../etc`
 * (RFC 7578 §4.2).
 */
function readFilename(disposition: HeaderValue): string | null {
  const plain = disposition.parameters.get("filename");
  const filename = decodeExtendedValue(disposition.parameters.get("filename*")) ?? (plain && unescapeName(plain));
  return filename === undefined
    ? null
    : filename.slice(Math.max(filename.lastIndexOf("/"), filename.lastIndexOf("\\")) + 1);
}

function decodeExtendedValue(value: string | undefined): string | undefined {
  const encoded = /^utf-8'[^']*'(.*)$/i.exec(value ?? "")?.[1];
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

function malformed(message: string) {
  return { ok: false, code: "malformed", message } as const;
}
