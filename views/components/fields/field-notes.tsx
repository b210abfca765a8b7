import { Html } from "@elysiajs/html";
import type { FieldView } from "./field-view.ts";

export interface DescribedBy {
  readonly "aria-describedby"?: string;
  readonly "aria-invalid"?: "true";
}

/** Ties a control to its explanation and complaints, for those who do not see that they stand beside it. */
export function describedBy({ id, description, errors, control }: FieldView): DescribedBy {
  const isChosen = control.kind === "text" && control.label !== null;
  const ids = [
    ...(isChosen ? [`${id}-label`] : []),
    ...(description === null ? [] : [`${id}-hint`]),
    ...(errors.length === 0 ? [] : [`${id}-errors`]),
  ];
  return {
    ...(ids.length > 0 && { "aria-describedby": ids.join(" ") }),
    ...(errors.length > 0 && { "aria-invalid": "true" as const }),
  };
}

export function FieldHint({ field: { id, description } }: { field: FieldView }): JSX.Element {
  if (description === null) return "";
  return (
    <p class="hint" id={`${id}-hint`} safe>
      {description}
    </p>
  );
}

export function FieldErrors({ field: { id, errors } }: { field: FieldView }): JSX.Element {
  if (errors.length === 0) return "";
  return (
    <ul class="error-list" id={`${id}-errors`}>
      {errors.map((message) => (
        <li safe>{message === "is required" ? "required" : message}</li>
      ))}
    </ul>
  );
}
