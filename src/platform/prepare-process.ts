import type { Egress } from "./egress/create-egress.ts";

/*
 * Imported by main.ts before anything else, because other modules look at both of these while they are imported.
 */

// A compiled binary has no NODE_ENV at all, and libraries take that for "development": verbose errors, no caching.
process.env.NODE_ENV ??= "production";

let loadEgress: (() => Promise<Egress>) | null = null;
let installed: Promise<void> | null = null;

/** Says which guarded client the global `fetch` goes through; it is loaded when something first calls out. */
export function provideEgress(load: () => Promise<Egress>): void {
  loadEgress = load;
}

/**
 * Stands in for the global `fetch` until it is first called. Bun's own follows `file:` URLs and reaches private
 * addresses, so it must be out of reach even for a library that keeps the `fetch` it finds when it is imported.
 */
async function fetchThroughEgress(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  if (loadEgress === null) throw new TypeError("fetch failed: the configuration is not read yet");
  installed ??= install(loadEgress);
  await installed;
  return globalThis.fetch(input, init);
}

async function install(load: () => Promise<Egress>): Promise<void> {
  const [{ installGuardedFetch }, egress] = await Promise.all([import("./egress/guarded-fetch.ts"), load()]);
  installGuardedFetch(egress);
}

globalThis.fetch = Object.assign(fetchThroughEgress, { preconnect: (): void => {} });
