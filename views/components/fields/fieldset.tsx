import { Html, type PropsWithChildren } from "@elysiajs/html";
import { type DescribedBy, FieldHint } from "./field-notes.tsx";
import type { FieldView } from "./field-view.ts";

/** The frame of a field that has more than one control. */
export function Fieldset({
  field,
  notes,
  tools,
  children,
}: PropsWithChildren<{ field: FieldView; notes: DescribedBy; tools: JSX.Element }>): JSX.Element {
  return (
    <fieldset aria-describedby={notes["aria-describedby"]}>
      <legend>
        <span safe>{field.title}</span>
        {field.required && (
          <span class="field-required" title="Required">
            {" *"}
          </span>
        )}
      </legend>
      {tools}
      <FieldHint field={field} />
      <div class="field-fixed">{children}</div>
    </fieldset>
  );
}
