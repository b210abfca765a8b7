import { isJsonObject, type Json } from "../../src/connector-sdk/json.ts";

const PART = /\[(\d+)\]|\["([^"]*)"\]|([^.[\]]+)/g;

/**
 * The value at a path such as `data.items`, `pages[0].next` or `["@odata.nextLink"]`; the value itself for the empty
 * path, undefined where there is none. A key that is the whole path wins, so `@odata.nextLink` needs no quotes.
 */
export function readPath(value: Json, path: string): Json | undefined {
  const whole = readKey(value, path);
  if (whole !== undefined) return whole;
  let current: Json | undefined = value;
  for (const [, index, quoted, plain] of path.matchAll(PART)) {
    if (current === undefined) return undefined;
    current = index === undefined ? readKey(current, quoted ?? plain ?? "") : readIndex(current, Number(index));
  }
  return current;
}

function readKey(value: Json, key: string): Json | undefined {
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function readIndex(value: Json, index: number): Json | undefined {
  return Array.isArray(value) ? value[index] : undefined;
}
