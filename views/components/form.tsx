import { Html, type PropsWithChildren } from "@elysiajs/html";

export interface FormProps {
  readonly action: string;
  /** The session's token (`signedIn.csrfToken`); null on pages for people who are not signed in. */
  readonly csrf: string | null;
  readonly id?: string;
  /** `form` stacks its fields; anything else is up to the page. */
  readonly class?: string;
  readonly attrs?: Readonly<Record<string, string>>;
}

/** A form that changes something; it carries the token without which the server refuses it. */
export function Form({
  action,
  csrf,
  id,
  class: className = "form",
  attrs,
  children,
}: PropsWithChildren<FormProps>): JSX.Element {
  return (
    <form method="post" action={action} id={id} class={className} {...attrs}>
      {csrf === null ? "" : <input type="hidden" name="_csrf" value={csrf} />}
      {children}
    </form>
  );
}
