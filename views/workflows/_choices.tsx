import { Html } from "@elysiajs/html";

export interface ChoicesView {
  readonly options: readonly { readonly value: string; readonly title: string }[];
  /** There is more than is shown: search for it. */
  readonly hasMore: boolean;
  /** Why nothing could be asked for. */
  readonly problem: string | null;
}

/** What an account offers for a field; a click takes it. */
export function Choices({ view: { options, hasMore, problem } }: { view: ChoicesView }): JSX.Element {
  if (problem !== null)
    return (
      <p class="hint" role="alert" safe>
        {problem}
      </p>
    );
  if (options.length === 0) return <p class="hint">There is nothing to choose from.</p>;
  return (
    <>
      <ul class="data-items">
        {options.map(({ value, title }) => (
          <li>
            <button class="data-item" type="button" data-choose={Html.escapeHtml(value)}>
              <span class="choice-title" safe>
                {title}
              </span>
              {title === value ? "" : <code safe>{value}</code>}
            </button>
          </li>
        ))}
      </ul>
      {hasMore ? <p class="hint">There is more; search for it.</p> : ""}
    </>
  );
}
