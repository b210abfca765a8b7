import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import type { Meter } from "./meter.ts";

/**
 * Equality by content; the order of an object's keys does not matter. Walks with its own stack, because data nested
 * ten thousand levels deep would overflow the call stack.
 */
export function isDeepEqual(left: Json, right: Json, meter: Meter): boolean {
  const pending: Json[] = [left, right];
  while (pending.length > 0) {
    const b = pending.pop()!;
    const a = pending.pop()!;
    meter.spend(1);
    if (a === b) continue;
    if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
    if (Array.isArray(a) && Array.isArray(b)) {
      if (a.length !== b.length) return false;
      meter.spend(a.length);
      for (let index = 0; index < a.length; index += 1) pending.push(a[index]!, b[index]!);
    } else if (isJsonObject(a) && isJsonObject(b)) {
      if (!pushFields(a, b, pending, meter)) return false;
    } else {
      return false;
    }
  }
  return true;
}

/** Looking a key up in an object of thousands takes 0.1 µs. */
const UNITS_PER_FIELD = 8;

function pushFields(a: JsonObject, b: JsonObject, pending: Json[], meter: Meter): boolean {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  meter.spend(keys.length * UNITS_PER_FIELD);
  for (const key of keys) {
    if (!Object.hasOwn(b, key)) return false;
    pending.push(a[key]!, b[key]!);
  }
  return true;
}
