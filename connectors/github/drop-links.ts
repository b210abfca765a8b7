import { isJsonObject, type Json } from "../../src/connector-sdk/json.ts";

/** An address of the API itself, also as a template (`…/issues{/number}`). */
const API_LINK = /^https:\/\/api\.github\.com\//;
/** Ids of its other API, links once more, and what is always empty. */
const NOISE = new Set(["_links", "node_id", "gravatar_id", "performed_via_github_app"]);

/**
 * GitHub's objects are mostly links to further calls, twenty to an issue. What a person may open stays; the API's own
 * addresses go, and outputs are a quarter of the size. Works at any depth.
 */
export function dropLinks(value: Json): Json {
  if (Array.isArray(value)) return value.map(dropLinks);
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).filter(
    ([name, inner]) => !NOISE.has(name) && !(typeof inner === "string" && API_LINK.test(inner)),
  );
  return Object.fromEntries(kept.map(([name, inner]) => [name, dropLinks(inner as Json)]));
}
