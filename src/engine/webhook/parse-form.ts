import { type Charset, decodeText } from "../../platform/http-content/decode-text.ts";
import { type CollectedFields, collectFields, type FieldEntry, MAX_FIELDS } from "./collect-fields.ts";

/**
 * application/x-www-form-urlencoded by the WHATWG URL standard (§5.1), with two differences: bytes that are not text
 * in `charset` are refused, where `URLSearchParams` would put U+FFFD, and there is a limit on the number of fields.
 * A `%` without two hexadecimal digits stands for itself.
 */
export function parseForm(bytes: Uint8Array, charset: Charset): CollectedFields {
  // One character per byte, so that decoding the charset can wait until the percent signs are gone.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const pieces = text.split("&", MAX_FIELDS + 1);
  if (pieces.length > MAX_FIELDS) return { ok: false, message: `The form has more than ${MAX_FIELDS} fields.` };

  const entries: FieldEntry[] = [];
  for (const piece of pieces) {
    if (piece === "") continue;
    const equals = piece.indexOf("=");
    const name = decodePiece(equals === -1 ? piece : piece.slice(0, equals), charset);
    const value = equals === -1 ? "" : decodePiece(piece.slice(equals + 1), charset);
    if (name === null || value === null) {
      return { ok: false, message: `Form field ${entries.length + 1} is not valid ${charset.toUpperCase()} text.` };
    }
    entries.push({ name, value });
  }
  return collectFields(entries);
}

const PLUS = 0x2b;
const PERCENT = 0x25;
const SPACE = 0x20;

/** `piece` holds one character per byte. Decoded in place: what a name or value means is never longer than it is. */
function decodePiece(piece: string, charset: Charset): string | null {
  const bytes = Buffer.from(piece, "latin1");
  let length = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    let byte = bytes[at]!;
    if (byte === PLUS) byte = SPACE;
    else if (byte === PERCENT) {
      const high = hexDigit(bytes[at + 1]);
      const low = hexDigit(bytes[at + 2]);
      if (high !== -1 && low !== -1) {
        byte = high * 16 + low;
        at += 2;
      }
    }
    bytes[length] = byte;
    length += 1;
  }
  return decodeText(bytes.subarray(0, length), charset);
}

/** -1 for anything but 0-9, A-F and a-f, the end of the text included. */
function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}
