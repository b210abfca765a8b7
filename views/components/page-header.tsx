import { Html, type PropsWithChildren } from "@elysiajs/html";
import { Badge, type BadgeProps } from "./badge.tsx";
import { Icon } from "./icon.tsx";

export interface PageHeaderProps {
  readonly title: string;
  /** A sentence on what the page is for. */
  readonly lead?: string;
  /** The page above, such as the list that this is an item of. */
  readonly trail?: { readonly href: string; readonly label: string };
  /** Beside the title: the state of what the page shows. */
  readonly badges?: readonly BadgeProps[];
}

/** Top of a page: where we are, and (as children) what can be done here. */
export function PageHeader({
  title,
  lead,
  trail,
  badges = [],
  children,
}: PropsWithChildren<PageHeaderProps>): JSX.Element {
  return (
    <header class="page-header">
      <div class="page-header-text">
        {trail ? (
          <div class="trail">
            <Icon name="chevron-left" />
            <a href={trail.href} safe>
              {trail.label}
            </a>
          </div>
        ) : (
          ""
        )}
        <div class="page-title">
          <h1 safe>{title}</h1>
          {badges.map((badge) => (
            <Badge {...badge} />
          ))}
        </div>
        {lead ? (
          <p class="lead" safe>
            {lead}
          </p>
        ) : (
          ""
        )}
      </div>
      <div class="page-actions">{children}</div>
    </header>
  );
}
