import { isJsonObject, type Json, type JsonObject } from "../domain/json.ts";
import type { Run } from "../domain/run.ts";
import type { InputPlace } from "./engine-deps.ts";
import { isSensitiveHeader } from "./webhook/mask-headers.ts";

/*
 * A frozen input is stored, so that a retry sends the same bytes, and shown, so that a person can see what was sent.
 * Credentials belong in a connection, but a header such as `Authorization` can also be written into a step: its value
 * is stored sealed, as `{ "$sealed": "v1…" }`, and shown as dots.
 */

export type SealValue = (place: InputPlace, field: string, plaintext: string) => Promise<string>;
export type OpenValue = (place: InputPlace, field: string, sealed: string) => Promise<string>;

export function inputPlace(run: Run, task: { readonly key: string }): InputPlace {
  return { tenantId: run.tenantId, runId: run.id, key: task.key };
}

/** True when the input has a `headers` object with a header that must not be stored in the clear. */
export function hasSensitiveInput(input: JsonObject): boolean {
  return isJsonObject(input.headers) && Object.keys(input.headers).some(isSensitiveHeader);
}

export function createInputSealer(seal: SealValue, open: OpenValue) {
  return {
    async sealInput(place: InputPlace, input: JsonObject): Promise<JsonObject> {
      if (!hasSensitiveInput(input)) return input;
      const headers: Record<string, Json> = {};
      for (const [name, value] of Object.entries(input.headers as JsonObject))
        headers[name] = isSensitiveHeader(name) ? { $sealed: await seal(place, name, JSON.stringify(value)) } : value;
      return { ...input, headers };
    },

    async openInput(place: InputPlace, stored: Json): Promise<JsonObject> {
      if (!isJsonObject(stored)) return {};
      if (!hasSensitiveInput(stored)) return stored;
      const headers: Record<string, Json> = {};
      for (const [name, value] of Object.entries(stored.headers as JsonObject)) {
        const sealed = isJsonObject(value) ? value.$sealed : undefined;
        headers[name] = typeof sealed === "string" ? (JSON.parse(await open(place, name, sealed)) as Json) : value;
      }
      return { ...stored, headers };
    },
  };
}

/** What a person or the API sees of a stored input. */
export function showInput(stored: Json | undefined): Json {
  if (stored === undefined) return null;
  if (!isJsonObject(stored) || !isJsonObject(stored.headers)) return stored;
  const headers = Object.entries(stored.headers).map(([name, value]) => [
    name,
    isJsonObject(value) && "$sealed" in value ? "••••" : value,
  ]);
  return { ...stored, headers: Object.fromEntries(headers) };
}
