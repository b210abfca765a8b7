/** Connectors see the SDK only, so the JSON types they need are part of it. */
export { isJsonObject, type Json, type JsonObject } from "../domain/json.ts";
