import { Html, type PropsWithChildren } from "@elysiajs/html";

/** One matter of the page, under its own heading. */
export function Card({ id, title, children }: PropsWithChildren<{ id: string; title: string }>): JSX.Element {
  return (
    <section class="card" aria-labelledby={id}>
      <div class="card-header">
        <h2 id={id} safe>
          {title}
        </h2>
      </div>
      <div class="card-body stack">{children}</div>
    </section>
  );
}
