import { decodeFile } from "./decode-file.ts";
import type { FormEntry } from "./form-entries.ts";

export interface Multipart {
  readonly body: Uint8Array;
  readonly contentType: string;
}

/**
 * multipart/form-data as browsers write it (RFC 7578; https://html.spec.whatwg.org/#multipart-form-data). The
 * boundary comes from the content: a retry sends the same bytes, and no content can hold its own hash.
 */
export function encodeMultipart(entries: readonly FormEntry[]): Multipart {
  const parts = entries.map(encodePart);
  const hash = new Bun.CryptoHasher("sha256");
  for (const part of parts) hash.update(part.head).update(part.content);
  const boundary = `----IntegrationSync${hash.digest("hex").slice(0, 32)}`;
  const chunks = parts.flatMap(({ head, content }) => [
    Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`),
    content,
    Buffer.from("\r\n"),
  ]);
  return {
    body: Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]),
    contentType: `multipart/form-data; boundary=${boundary}`,
  };
}

function encodePart({ name, value }: FormEntry): { readonly head: string; readonly content: Uint8Array } {
  const disposition = `Content-Disposition: form-data; name="${escapeQuoted(name)}"`;
  if (typeof value === "string") return { head: disposition, content: Buffer.from(value) };
  const filename = escapeQuoted(value.filename ?? name);
  const type = (value.contentType ?? "application/octet-stream").replace(/[\r\n]/g, " ");
  return {
    head: `${disposition}; filename="${filename}"\r\nContent-Type: ${type}`,
    content: decodeFile(value),
  };
}

/** A quote or line break would end the name, and could begin a header of its own. */
function escapeQuoted(text: string): string {
  return text.replace(/\r\n|\r|\n/g, "%0D%0A").replaceAll('"', "%22");
}
