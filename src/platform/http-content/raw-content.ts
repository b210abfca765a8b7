/** Bytes that are not text, in a form that JSON can carry. A `type`, so that it is assignable to `Json`. */
export type RawContent = {
  /** The media type as sent, parameters included. */
  readonly contentType: string;
  /** In bytes, before encoding. */
  readonly size: number;
  readonly base64: string;
};

export function rawContent(contentType: string, bytes: Uint8Array): RawContent {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { contentType, size: buffer.length, base64: buffer.toString("base64") };
}
