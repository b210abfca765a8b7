import type { Json } from "../../domain/json.ts";

/** The own field of an object; undefined for anything inherited (`constructor`, `toString`) and anything but an object. */
export function ownField(container: Json, field: string): Json | undefined {
  if (typeof container !== "object" || container === null || Array.isArray(container)) return undefined;
  return Object.hasOwn(container, field) ? (container as { readonly [key: string]: Json })[field] : undefined;
}

/** Plain assignment to `__proto__` would replace the object's prototype instead of making a field of that name. */
export function setField(target: Record<string, Json>, field: string, value: Json): void {
  if (field === "__proto__") {
    Object.defineProperty(target, field, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[field] = value;
  }
}
