/**
 * `next` parameters decide where a browser goes after signing in, so they may name nothing but a path of ours:
 * `//evil.example`, `/\evil.example` and whatever a browser would read as another origin give `fallback`.
 */
export function relativePath(next: string | null | undefined, fallback: string): string {
  if (!next?.startsWith("/") || next.length > MAX_LENGTH) return fallback;
  const base = "http://own.invalid";
  const url = URL.parse(next, base);
  if (!url || url.origin !== base) return fallback;
  const path = url.pathname + url.search + url.hash;
  return path.startsWith("//") ? fallback : path;
}

const MAX_LENGTH = 2_000;
