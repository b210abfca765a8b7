import { decodeUtf8 } from "../parse-json.ts";

export type Charset = "utf-8" | "iso-8859-1";

/** US-ASCII counts as UTF-8, whose first 128 characters it is. */
const CHARSETS: ReadonlyMap<string, Charset> = new Map([
  ["utf-8", "utf-8"],
  ["utf8", "utf-8"],
  ["us-ascii", "utf-8"],
  ["ascii", "utf-8"],
  ["iso-8859-1", "iso-8859-1"],
  ["iso8859-1", "iso-8859-1"],
  ["latin1", "iso-8859-1"],
]);

/** The charset a `charset` parameter names, UTF-8 when there is none; null for one that cannot be read here. */
export function findCharset(label: string | undefined): Charset | null {
  if (label === undefined) return "utf-8";
  return CHARSETS.get(label.trim().toLowerCase()) ?? null;
}

/** ISO-8859-1 is read as windows-1252, as the WHATWG Encoding standard asks: senders of “smart quotes” mean that. */
const latin1 = new TextDecoder("iso-8859-1");

/** Null when the bytes are not text in that charset. A leading UTF-8 byte order mark is dropped. */
export function decodeText(bytes: Uint8Array, charset: Charset): string | null {
  return charset === "utf-8" ? decodeUtf8(bytes) : latin1.decode(bytes);
}
