import { Html, type PropsWithChildren } from "@elysiajs/html";

export interface CardProps {
  readonly id: string;
  readonly title: string;
  /** Beside the heading. */
  readonly aside?: { readonly text: string; readonly href?: string };
}

/** One matter of the page, under its own heading. */
export function Card({ id, title, aside, children }: PropsWithChildren<CardProps>): JSX.Element {
  return (
    <section class="card" aria-labelledby={id}>
      <div class="card-header">
        <h2 id={id} safe>
          {title}
        </h2>
        {aside ? <Aside {...aside} /> : ""}
      </div>
      <div class="card-body stack">{children}</div>
    </section>
  );
}

function Aside({ text, href }: NonNullable<CardProps["aside"]>): JSX.Element {
  if (href === undefined)
    return (
      <span class="faint" safe>
        {text}
      </span>
    );
  return (
    <a href={href} safe>
      {text}
    </a>
  );
}
