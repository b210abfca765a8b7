import { isJsonObject, type Json, type JsonObject } from "../domain/json.ts";
import type { Run } from "../domain/run.ts";
import { isSensitiveHeader } from "../platform/http-content/mask-headers.ts";
import type { InputPlace } from "./engine-deps.ts";

/*
 * A frozen input is stored, so that a retry sends the same bytes, and shown, so that a person can see what was sent.
 * Credentials belong in a connection, but a header such as `Authorization` can also be written into a step: its value
 * is stored sealed, as `{ "$sealed": "v1…" }`, and shown as dots.
 */

export type SealValue = (place: InputPlace, field: string, plaintext: string) => Promise<string>;
export type OpenValue = (place: InputPlace, field: string, sealed: string) => Promise<string>;

/** The same for every run of one event: a replay has to read what the run that it replays has sealed. */
export function inputPlace(run: Run, task: { readonly key: string }): InputPlace {
  return { tenantId: run.tenantId, runId: `${run.workflowId}/${run.eventId}`, key: task.key };
}

/** True when the input has a `headers` field with a header that must not be stored in the clear. */
export function hasSensitiveInput(input: JsonObject): boolean {
  return pairsOf(input.headers).some(([name]) => isSensitiveHeader(name));
}

export function createInputSealer(seal: SealValue, open: OpenValue) {
  return {
    async sealInput(place: InputPlace, input: JsonObject): Promise<JsonObject> {
      if (!hasSensitiveInput(input)) return input;
      const headers = await mapHeaders(input.headers, async (name, value) =>
        isSensitiveHeader(name) ? { $sealed: await seal(place, name, JSON.stringify(value)) } : value,
      );
      return { ...input, headers };
    },

    async openInput(place: InputPlace, stored: Json): Promise<JsonObject> {
      if (!isJsonObject(stored)) return {};
      if (!hasSensitiveInput(stored)) return stored;
      const headers = await mapHeaders(stored.headers, async (name, value) => {
        const sealed = isJsonObject(value) ? value.$sealed : undefined;
        return typeof sealed === "string" ? (JSON.parse(await open(place, name, sealed)) as Json) : value;
      });
      return { ...stored, headers };
    },
  };
}

/** Headers come as `{ name: value }`, or as `[{ name, value }]` where a name may repeat. */
function pairsOf(headers: Json | undefined): readonly (readonly [string, Json])[] {
  if (isJsonObject(headers)) return Object.entries(headers);
  if (!Array.isArray(headers)) return [];
  return headers.filter(isJsonObject).map((pair) => [String(pair.name), pair.value ?? null] as const);
}

async function mapHeaders(headers: Json | undefined, map: (name: string, value: Json) => Promise<Json>): Promise<Json> {
  const pairs = await Promise.all(
    pairsOf(headers).map(async ([name, value]) => [name, await map(name, value)] as const),
  );
  return Array.isArray(headers) ? pairs.map(([name, value]) => ({ name, value })) : Object.fromEntries(pairs);
}

/** What a person or the API sees of a stored input. */
export function showInput(stored: Json | undefined): Json {
  if (stored === undefined) return null;
  if (!isJsonObject(stored)) return stored;
  const shown = (value: Json): Json => (isJsonObject(value) && "$sealed" in value ? "••••" : value);
  const pairs = pairsOf(stored.headers).map(([name, value]) => [name, shown(value)] as const);
  if (pairs.length === 0) return stored;
  const headers = Array.isArray(stored.headers)
    ? pairs.map(([name, value]) => ({ name, value }))
    : Object.fromEntries(pairs);
  return { ...stored, headers };
}
