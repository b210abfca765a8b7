import { isJsonObject, type Json } from "../domain/json.ts";
import type { IsPlaceholder, StructureCheck, StructureProblem } from "./structure-check.ts";

/** A file as steps and webhooks put it out; the `size` that they add is accepted and not needed. */
export interface FileValue {
  readonly base64: string;
  readonly contentType?: string;
  readonly filename?: string | null;
}

const FILE_KEYS = new Set(["base64", "contentType", "filename", "size"]);
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

export function checkFile(value: Json, isPlaceholder: IsPlaceholder): StructureCheck {
  if (!isJsonObject(value))
    return { ok: false, problems: [{ path: [], message: "must be a file: { base64, contentType, filename }" }] };
  const problems: StructureProblem[] = [];
  for (const key of Object.keys(value)) {
    if (!FILE_KEYS.has(key)) problems.push({ path: [key], message: "is not a known field" });
  }
  const { base64, contentType, filename } = value;
  if (base64 === undefined) problems.push({ path: ["base64"], message: "is required" });
  else if (!isPlaceholder(base64) && (typeof base64 !== "string" || !isBase64(base64)))
    problems.push({ path: ["base64"], message: "must be base64 text" });
  if (contentType !== undefined && typeof contentType !== "string")
    problems.push({ path: ["contentType"], message: "must be text" });
  if (filename !== undefined && filename !== null && typeof filename !== "string")
    problems.push({ path: ["filename"], message: "must be text" });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value };
}

/** RFC 4648 §4, padded; line breaks and other alphabets are not. `Buffer.from` would skip what it cannot read. */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && BASE64.test(text);
}
