import { Html, type PropsWithChildren } from "@elysiajs/html";

/** The items of a list, each with its own controls, and a button for one more. */
export function ListControl({
  fieldKey,
  title,
  mayGrow,
  children,
}: PropsWithChildren<{ fieldKey: string; title: string; mayGrow: boolean }>): JSX.Element {
  return (
    <div class="field-items">
      {children}
      {mayGrow && (
        <button
          class="button"
          data-kind="quiet"
          data-size="small"
          type="submit"
          name="do"
          value={`add:${fieldKey}`}
          aria-label={Html.escapeHtml(`Add to ${title}`)}
        >
          + Add
        </button>
      )}
    </div>
  );
}
