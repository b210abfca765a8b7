/** Keeps where somebody came from (a step that needs a connection) through all pages until there is one. */
export function withNext(path: string, next: string | null): string {
  return next === null ? path : `${path}${path.includes("?") ? "&" : "?"}next=${encodeURIComponent(next)}`;
}
