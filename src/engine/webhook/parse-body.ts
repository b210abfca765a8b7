import type { Json } from "../../domain/json.ts";
import { type Charset, decodeText, findCharset } from "../../platform/http-content/decode-text.ts";
import { isJsonType, isTextType } from "../../platform/http-content/media-type.ts";
import { type HeaderValue, parseHeaderValue } from "../../platform/http-content/parse-header-value.ts";
import { rawContent } from "../../platform/http-content/raw-content.ts";
import { parseJson } from "../../platform/parse-json.ts";
import { parseForm } from "./parse-form.ts";
import { parseMultipart } from "./parse-multipart.ts";

export type ParsedBody =
  | { readonly ok: true; readonly body: Json }
  | { readonly ok: false; readonly code: "malformed" | "unsupported_media_type"; readonly message: string };

/**
 * What a delivery's bytes become as `trigger.body`, by its Content-Type:
 *
 * | type                                            | body                                                       |
 * |-------------------------------------------------|------------------------------------------------------------|
 * | application/json, text/json, +json              | the value; an empty body is null                           |
 * | application/x-www-form-urlencoded               | `{ name: text or list of texts }`                          |
 * | multipart/form-data                             | the same, a file as `{ filename, contentType, size, base64 }` |
 * | text/*, application/xml, +xml                   | the text                                                   |
 * | none                                            | the JSON value if it is JSON, else the text                |
 * | any other                                       | `{ contentType, size, base64 }`                            |
 *
 * Never throws. No object in the result has a key `__proto__`, and nothing is nested deeper than `parseJson` allows.
 * The caller has bounded the size (MAX_BODY_BYTES); base64 makes raw content a third larger.
 */
export function parseBody(contentType: string | null, bytes: Uint8Array): ParsedBody {
  const header = contentType?.trim() ?? "";
  if (header === "") return parseUnlabelled(bytes);
  const mediaType = parseHeaderValue(header);
  if (!mediaType?.value.includes("/")) {
    return unsupported("The Content-Type header cannot be read; send one such as application/json.");
  }
  const reader = chooseReader(mediaType.value);
  if (reader === null) return { ok: true, body: rawContent(header, bytes) };

  const charsetLabel = mediaType.parameters.get("charset");
  const charset = findCharset(charsetLabel);
  if (charset === null) return unsupported(`The charset "${charsetLabel?.slice(0, 40)}" is not supported; send UTF-8.`);
  return reader(bytes, charset, mediaType);
}

type BodyReader = (bytes: Uint8Array, charset: Charset, mediaType: HeaderValue) => ParsedBody;

/** Null for a type whose bytes are not read as text. */
function chooseReader(mediaType: string): BodyReader | null {
  if (isJsonType(mediaType)) return readJson;
  if (mediaType === "application/x-www-form-urlencoded") return readForm;
  if (mediaType === "multipart/form-data") return readMultipart;
  return isTextType(mediaType) ? readText : null;
}

function readJson(bytes: Uint8Array, charset: Charset): ParsedBody {
  const text = decodeText(bytes, charset);
  if (text === null) return malformed("The body is not valid UTF-8 text.");
  if (text === "") return { ok: true, body: null };
  const parsed = parseJson(text);
  if (!parsed.ok) return malformed(`The JSON body is refused: ${parsed.message}.`);
  return { ok: true, body: asJson(parsed.value) };
}

function readForm(bytes: Uint8Array, charset: Charset): ParsedBody {
  const form = parseForm(bytes, charset);
  return form.ok ? { ok: true, body: form.fields } : malformed(form.message);
}

function readMultipart(bytes: Uint8Array, charset: Charset, mediaType: HeaderValue): ParsedBody {
  const form = parseMultipart(bytes, mediaType.parameters.get("boundary"), charset);
  return form.ok ? { ok: true, body: form.fields } : form;
}

function readText(bytes: Uint8Array, charset: Charset): ParsedBody {
  const text = decodeText(bytes, charset);
  return text === null ? malformed("The body is not valid UTF-8 text.") : { ok: true, body: text };
}

function parseUnlabelled(bytes: Uint8Array): ParsedBody {
  const text = decodeText(bytes, "utf-8");
  if (text === null) return malformed("The body has no Content-Type and is not valid UTF-8 text; name its type.");
  if (text === "") return { ok: true, body: null };
  const parsed = parseJson(text);
  return { ok: true, body: parsed.ok ? asJson(parsed.value) : text };
}

/** `parseJson` yields what JSON text can say and no infinities, which is what `Json` is. */
function asJson(value: unknown): Json {
  return value as Json;
}

function malformed(message: string): ParsedBody {
  return { ok: false, code: "malformed", message };
}

function unsupported(message: string): ParsedBody {
  return { ok: false, code: "unsupported_media_type", message };
}
