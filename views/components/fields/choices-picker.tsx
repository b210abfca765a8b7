import { Html } from "@elysiajs/html";
import type { FieldView } from "./field-view.ts";

/**
 * What the connected account offers for the field above; asked for each time it is opened (`builder.js` says `ask`),
 * because it may depend on other fields, and as one types in its search.
 */
export function ChoicesPicker({ field, href }: { field: FieldView; href: string }): JSX.Element {
  const list = `${field.id}-choices`;
  // One question at a time: the answer to an older one would replace that of a newer.
  const fetch = { "hx-target": `#${list}`, "hx-swap": "innerHTML", "hx-sync": "closest details:replace" };
  return (
    <details
      class="choices-picker"
      id={`${field.id}-picker`}
      data-choices-for={field.id}
      hx-get={href}
      hx-trigger="ask"
      {...fetch}
      {...{ "hx-morph-skip": "" }}
    >
      <summary aria-label={Html.escapeHtml(`Choose ${field.title}`)}>Choose…</summary>
      <input
        class="input"
        type="search"
        name="search"
        form={`${list}-none`}
        placeholder="Search"
        autocomplete="off"
        aria-label={Html.escapeHtml(`Search ${field.title}`)}
        hx-get={href}
        hx-trigger="input changed delay:300ms"
        {...fetch}
      />
      <div class="choices-list" id={list}>
        <p class="hint">Asking…</p>
      </div>
      <p class="visually-hidden" role="status" data-choices-count />
    </details>
  );
}
