import { Html, type PropsWithChildren } from "@elysiajs/html";
import { Icon, type IconName } from "./icon.tsx";

/** Where a list has nothing yet: says what will be here, and (as children) what to do next. */
export function EmptyState({
  icon,
  title,
  text,
  children,
}: PropsWithChildren<{ icon: IconName; title: string; text: string }>): JSX.Element {
  return (
    <section class="empty-state">
      <div class="empty-state-mark">
        <Icon name={icon} />
      </div>
      <h2 safe>{title}</h2>
      <p safe>{text}</p>
      <div class="row">{children}</div>
    </section>
  );
}
