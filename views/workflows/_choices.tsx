import { Html } from "@elysiajs/html";

export interface ChoicesView {
  readonly options: readonly { readonly value: string; readonly title: string }[];
  readonly search: string;
  /** Whether there is a page before this one, whose list this one goes on with. */
  readonly isFurther: boolean;
  /** Where the next page is asked for; null when this is the last one. */
  readonly moreHref: string | null;
  /** Why nothing could be asked for, and what to do about it. */
  readonly problem: ChoicesProblem | null;
}

export interface ChoicesProblem {
  readonly message: string;
  /** The same question again; null where it would have the same answer. */
  readonly againHref: string | null;
  /** Of the connection, where it has to be mended first. */
  readonly connectionHref: string | null;
}

/**
 * What an account offers for a field; a click takes it. Further pages come in the place of the button that asks for them:
 * they are items of the list that is there, so this is then a list's items without the list.
 */
export function Choices({ view }: { view: ChoicesView }): JSX.Element {
  const { options, search, isFurther, moreHref, problem } = view;
  if (problem !== null)
    return isFurther ? (
      <li class="choices-more">
        <Problem {...problem} />
      </li>
    ) : (
      <Problem {...problem} />
    );
  const items = (
    <>
      {options.map((option) => (
        <Choice {...option} />
      ))}
      {moreHref === null ? "" : <More href={moreHref} hasNone={options.length === 0} />}
    </>
  );
  if (isFurther)
    return options.length > 0 || moreHref !== null ? items : <li class="hint choices-more">That was all.</li>;
  if (options.length === 0 && moreHref === null)
    return (
      <p class="hint" safe>
        {search === "" ? "There is nothing to choose from in this account." : `Nothing is called “${search}”.`}
      </p>
    );
  return <ul class="data-items">{items}</ul>;
}

function Choice({ value, title }: { value: string; title: string }): JSX.Element {
  return (
    <li>
      <button class="data-item" type="button" data-choose={Html.escapeHtml(value)}>
        <span class="choice-title" safe>
          {title}
        </span>
        {title === value ? "" : <code safe>{value}</code>}
      </button>
    </li>
  );
}

/** `builder.js` (`data-more`) puts the keyboard onto the first item that came in its place. */
function More({ href, hasNone }: { href: string; hasNone: boolean }): JSX.Element {
  return (
    <li class="choices-more">
      {hasNone ? <p class="hint">Nothing found yet; the account has more to look through.</p> : ""}
      <button
        class="button"
        data-kind="secondary"
        data-size="small"
        type="button"
        data-more=""
        hx-get={href}
        hx-target="closest li"
        hx-swap="outerHTML"
        hx-sync="closest details:drop"
      >
        {hasNone ? "Look further" : "Show more"}
      </button>
    </li>
  );
}

function Problem({ message, againHref, connectionHref }: ChoicesProblem): JSX.Element {
  return (
    <div class="choices-problem" role="alert">
      <p safe>{message}</p>
      {connectionHref === null ? "" : <a href={connectionHref}>Open the connection</a>}
      {againHref === null ? (
        ""
      ) : (
        <button
          class="button"
          data-kind="secondary"
          data-size="small"
          type="button"
          data-more=""
          hx-get={againHref}
          hx-target="closest .choices-list"
          hx-swap="innerHTML"
          hx-sync="closest details:drop"
        >
          Try again
        </button>
      )}
    </div>
  );
}
