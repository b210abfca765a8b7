import { type FileValue, isBase64 } from "../../src/connector-sdk/file-value.ts";
import { invalidInput } from "./invalid-input.ts";

/** The bytes of a file, or of base64 text. */
export function decodeFile(file: FileValue | string): Uint8Array {
  const base64 = typeof file === "string" ? file : file.base64;
  // Buffer skips what it cannot read, so that a text sent by mistake would go out as other bytes.
  if (!isBase64(base64)) throw invalidInput("the bytes to send must be base64 text");
  return Buffer.from(base64, "base64");
}
