import { Html } from "@elysiajs/html";
import { LinkButton } from "./button.tsx";

/** Lists are read from the newest on; `older` is the address of what follows, `newest` of the start. */
export function Pagination({ older, newest }: { older: string | null; newest: string | null }): JSX.Element {
  if (!older && !newest) return "";
  return (
    <nav class="pagination" aria-label="Pages">
      {newest ? <LinkButton label="Newest" href={newest} icon="arrow-left" size="small" /> : ""}
      {older ? <LinkButton label="Older" href={older} size="small" /> : ""}
    </nav>
  );
}
