import { Html, type PropsWithChildren } from "@elysiajs/html";

export interface Column {
  readonly label: string;
  /** `end` aligns with numbers and actions, `narrow` takes no more room than it needs. */
  readonly class?: string;
  /** The label is for screen readers only, as over a column of buttons. */
  readonly hidden?: boolean;
}

export interface TableProps {
  /** What the table lists, for screen readers. */
  readonly caption: string;
  readonly columns: readonly Column[];
  /** Id of the body, for rows that come in later. */
  readonly bodyId?: string;
}

/** A table whose rows (children: `<tr>`) become small cards on a phone. */
export function Table({ caption, columns, bodyId, children }: PropsWithChildren<TableProps>): JSX.Element {
  return (
    <div class="table-wrap">
      <table class="table" data-stack="">
        <caption class="visually-hidden" safe>
          {caption}
        </caption>
        <thead>
          <tr>
            {columns.map(({ label, class: className, hidden }) => (
              <th scope="col" class={className}>
                <span class={hidden ? "visually-hidden" : undefined} safe>
                  {label}
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody id={bodyId}>{children}</tbody>
      </table>
    </div>
  );
}

/** What a row is about, and a line that says more of it. */
export function RowTitle({ href, title, note }: { href?: string; title: string; note: string }): JSX.Element {
  const name = (
    <span class="cell-title" dir="auto" safe>
      {title}
    </span>
  );
  return (
    <>
      {href === undefined ? (
        name
      ) : (
        <a class="row-link" href={href}>
          {name}
        </a>
      )}
      <span class="cell-note" dir="auto" safe>
        {note}
      </span>
    </>
  );
}
