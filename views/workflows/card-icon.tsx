import { Html } from "@elysiajs/html";
import { Icon } from "../components/icon.tsx";
import type { CardIcon } from "./editor-view.ts";

/** A connector's own icon, fetched once for all its cards, or one of ours. Decoration: the name stands beside it. */
export function CardIconMark({ icon }: { icon: CardIcon }): JSX.Element {
  return (
    <span class="card-icon" aria-hidden="true">
      {"icon" in icon ? (
        <Icon name={icon.icon} />
      ) : (
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
          <use href={`/connector-icons/${encodeURIComponent(icon.connector)}#icon`} />
        </svg>
      )}
    </span>
  );
}
