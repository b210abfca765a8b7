import { Html, type PropsWithChildren } from "@elysiajs/html";
import { Icon } from "../components/icon.tsx";
import { CardIconMark } from "./card-icon.tsx";
import type { CardIcon } from "./editor-view.ts";
import { follow } from "./follow.ts";

/** Top of the panel: what it shows, what can be done with it (children), and the way back to the flow. */
export function PanelHead({
  icon,
  title,
  about,
  closeHref,
  children,
}: PropsWithChildren<{ icon: CardIcon | null; title: string; about: string; closeHref: string }>): JSX.Element {
  return (
    <header class="panel-head">
      {icon ? <CardIconMark icon={icon} /> : ""}
      <div class="panel-titles">
        <h2 tabindex="-1" id="panel-title" safe>
          {title}
        </h2>
        <p safe>{about}</p>
      </div>
      <a class="button" data-kind="quiet" data-icon-only="" title="Close" href={closeHref} {...follow(closeHref)}>
        <Icon name="x" />
        <span class="visually-hidden">Close</span>
      </a>
      <div class="panel-tools">{children}</div>
    </header>
  );
}
