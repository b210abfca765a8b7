import type { Delivery } from "../../src/connector-sdk/delivery.ts";
import { isJsonObject, type JsonObject } from "../../src/connector-sdk/json.ts";

/** The payload of a webhook; null for what is none. */
export function readDelivery({ body }: Delivery): JsonObject | null {
  try {
    const payload: unknown = JSON.parse(new TextDecoder().decode(body));
    return isJsonObject(payload) ? payload : null;
  } catch {
    return null;
  }
}
