import type { Json } from "../../src/connector-sdk/json.ts";
import { decodeFile } from "./decode-file.ts";
import { encodeMultipart } from "./encode-multipart.ts";
import { formEntries, isFile } from "./form-entries.ts";
import { invalidInput } from "./invalid-input.ts";
import type { RequestInput } from "./request-fields.ts";

export interface EncodedBody {
  readonly body: Uint8Array | string;
  readonly contentType: string;
  /** A Content-Type among the input's headers would not fit the bytes. */
  readonly fixedType: boolean;
}

/** The bytes to send; null for none. Throws a final `ActionError` when `body` is not what its type needs. */
export function encodeBody(input: Pick<RequestInput, "body" | "bodyType" | "contentType">): EncodedBody | null {
  const { body = null, bodyType = body === null ? "none" : "json", contentType } = input;
  switch (bodyType) {
    case "none":
      return null;
    case "json":
      return { body: JSON.stringify(body), contentType: "application/json", fixedType: false };
    case "form":
      return { body: encodeForm(body), contentType: "application/x-www-form-urlencoded", fixedType: false };
    case "multipart":
      return { ...encodeMultipart(formEntries(body)), fixedType: true };
    case "text":
      return { body: toText(body), contentType: contentType || "text/plain; charset=utf-8", fixedType: false };
    case "raw":
      return encodeRaw(body, contentType);
  }
}

function encodeForm(body: Json): string {
  const entries = formEntries(body).map(({ name, value }): [string, string] => {
    if (typeof value !== "string") throw invalidInput(`field "${name}" is a file; only multipart forms carry files`);
    return [name, value];
  });
  return new URLSearchParams(entries).toString();
}

function toText(body: Json): string {
  if (typeof body === "string") return body;
  return body === null ? "" : JSON.stringify(body);
}

function encodeRaw(body: Json, contentType: string | undefined): EncodedBody {
  const ownType = isFile(body) ? body.contentType : undefined;
  if (typeof body !== "string" && !isFile(body)) throw invalidInput("a raw body must be base64 text or a file");
  return {
    body: decodeFile(body),
    contentType: contentType || ownType || "application/octet-stream",
    fixedType: false,
  };
}
