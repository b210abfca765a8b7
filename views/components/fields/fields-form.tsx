import { Html } from "@elysiajs/html";
import { Field } from "./field.tsx";
import type { FieldView } from "./field-view.ts";

/** The fields of one form; goes inside a `<form>`. `others` are complaints about what has no field here. */
export function FieldsForm({
  fields,
  others,
}: {
  fields: readonly FieldView[];
  others: readonly string[];
}): JSX.Element {
  return (
    <div class="fields">
      {others.length > 0 && (
        <div role="alert">
          <ul class="error-list">
            {others.map((message) => (
              <li safe>{message}</li>
            ))}
          </ul>
        </div>
      )}
      {fields.map((field) => (
        <Field field={field} />
      ))}
    </div>
  );
}
