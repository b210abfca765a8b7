import { Html, type PropsWithChildren } from "@elysiajs/html";
import { Icon } from "./icon.tsx";

const ICONS = { info: "circle-alert", success: "circle-check", warning: "triangle", danger: "circle-x" } as const;

/** Something to know about the whole page or card. Children come below the title. */
export function Notice({
  tone = "info",
  title,
  children,
}: PropsWithChildren<{ tone?: keyof typeof ICONS; title: string }>): JSX.Element {
  return (
    <div class="notice" data-tone={tone} role={tone === "danger" ? "alert" : undefined}>
      <Icon name={ICONS[tone]} />
      <strong safe>{title}</strong>
      <div class="notice-body">{children}</div>
    </div>
  );
}
