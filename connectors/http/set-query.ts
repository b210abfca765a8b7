import type { Pair } from "../../src/connector-sdk/key-value.ts";

/** Adds parameters behind those of the URL, which stay as they were written: some servers sign or compare them. */
export function addQuery(url: string, pairs: readonly Pair[]): string {
  const target = new URL(url);
  const existing = target.search.slice(1);
  target.search = [existing, ...pairs.map(encodePair)].filter((part) => part !== "").join("&");
  return target.href;
}

/** The same, in place of parameters of the same names. */
export function setQuery(url: string, pairs: readonly Pair[]): string {
  const target = new URL(url);
  const names = new Set(pairs.map(([name]) => name));
  const kept = target.search.slice(1).split("&");
  target.search = kept.filter((part) => !names.has(nameOf(part))).join("&");
  return addQuery(target.href, pairs);
}

/** `%20` for a space is understood everywhere, `+` only where the query is read as a form. */
function encodePair([name, value]: Pair): string {
  return `${encodeURIComponent(name.toWellFormed())}=${encodeURIComponent(value.toWellFormed())}`;
}

function nameOf(part: string): string {
  return new URLSearchParams(part).keys().next().value ?? "";
}
