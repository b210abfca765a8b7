import { Html } from "@elysiajs/html";

/** Where to go after signing in; checked when it is used, not here. */
export function NextField({ next }: { next: string | null }): JSX.Element {
  return next === null ? "" : <input type="hidden" name="next" value={Html.escapeHtml(next)} />;
}
