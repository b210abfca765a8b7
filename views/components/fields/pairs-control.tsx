import { Html } from "@elysiajs/html";
import type { PairView } from "./field-view.ts";

/** Rows of name and value; the last is empty, and the button gives another one without asking the server. */
export function PairsControl({
  fieldKey,
  title,
  rows,
  secret,
  expressions,
}: {
  fieldKey: string;
  title: string;
  rows: readonly PairView[];
  secret: boolean;
  expressions: boolean;
}): JSX.Element {
  return (
    <div class="field-pairs" data-pairs={fieldKey}>
      {rows.map(({ name, value }, index) => (
        <div class="field-pair">
          <input
            class="input"
            type="text"
            name={`${fieldKey}.${index}.name`}
            value={Html.escapeHtml(name)}
            placeholder="Name"
            autocomplete="off"
            aria-label={Html.escapeHtml(`${title}: name ${index + 1}`)}
          />
          <input
            class="input"
            type={secret ? "password" : "text"}
            name={`${fieldKey}.${index}.value`}
            value={secret ? "" : Html.escapeHtml(value)}
            placeholder={secret && name !== "" ? "Stored; leave empty to keep it" : "Value"}
            autocomplete={secret ? "new-password" : "off"}
            aria-label={Html.escapeHtml(`${title}: value ${index + 1}`)}
            data-expression={expressions && !secret}
          />
        </div>
      ))}
      <button class="button" data-kind="quiet" data-size="small" type="button" data-add-pair>
        + Add row
      </button>
    </div>
  );
}
