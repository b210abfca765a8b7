/** Connectors see the SDK only, so the JSON types they need are part of it. */
export { isJsonObject, type Json } from "../domain/json.ts";
