import { Html } from "@elysiajs/html";
import { Control, isGroup } from "./control.tsx";
import { type DescribedBy, describedBy, FieldErrors, FieldHint } from "./field-notes.tsx";
import type { FieldView } from "./field-view.ts";
import { Fieldset } from "./fieldset.tsx";
import { ListControl } from "./list-control.tsx";

/** A field with its name, its explanation, its control and what is wrong with it, in this order for every kind. */
export function Field({ field, removeKey }: { field: FieldView; removeKey?: string | undefined }): JSX.Element {
  const { control, expression } = field;
  const notes = describedBy(field);
  const content =
    control.kind === "object" ? (
      <div class="fields">
        {control.fields.map((inner) => (
          <Field field={inner} />
        ))}
      </div>
    ) : control.kind === "list" ? (
      <ListControl fieldKey={field.key} title={field.title} mayGrow={control.mayGrow}>
        {control.items.map((item) => (
          <Field field={item} removeKey={item.key} />
        ))}
      </ListControl>
    ) : (
      <Control field={field} control={control} notes={notes} />
    );
  return (
    <div
      class={`field field-${control.kind}`}
      data-field={field.key}
      data-empty={field.isOnlyEmpty ? "" : undefined}
      hidden={field.hidden}
    >
      {isGroup(control) ? (
        <Fieldset field={field} notes={notes} tools={<Tools field={field} removeKey={removeKey} />}>
          {content}
        </Fieldset>
      ) : (
        <>
          <div class="field-head">
            <label for={field.id}>
              <Title field={field} />
            </label>
            <Tools field={field} removeKey={removeKey} />
          </div>
          <FieldHint field={field} />
          <div class="field-fixed">{content}</div>
        </>
      )}
      {expression.kind === "switch" && <ExpressionBox field={field} text={expression.text} notes={notes} />}
      <FieldErrors field={field} />
    </div>
  );
}

function Title({ field }: { field: FieldView }): JSX.Element {
  return (
    <>
      <span safe>{field.title}</span>
      {field.required && (
        <span class="field-required" title="Required">
          {" *"}
        </span>
      )}
    </>
  );
}

/** What stands at the end of the title's line: removing a list's item, and the switch to an expression. */
function Tools({ field, removeKey }: { field: FieldView; removeKey: string | undefined }): JSX.Element {
  const { expression } = field;
  return (
    <span class="field-tools">
      {expression.kind === "switch" && (
        <label class="field-switch">
          <input
            type="checkbox"
            name={`${field.key}~mode`}
            value="expression"
            checked={expression.on}
            aria-label={Html.escapeHtml(`Use an expression for ${field.title}`)}
          />
          <span aria-hidden="true">Expression</span>
        </label>
      )}
      {removeKey !== undefined && (
        <button
          class="button"
          data-kind="quiet"
          data-size="small"
          data-icon-only=""
          type="submit"
          name="do"
          value={`remove:${removeKey}`}
          aria-label={Html.escapeHtml(`Remove ${field.title}`)}
        >
          ✕
        </button>
      )}
    </span>
  );
}

function ExpressionBox({ field, text, notes }: { field: FieldView; text: string; notes: DescribedBy }): JSX.Element {
  return (
    <div class="field-expression">
      <textarea
        id={`${field.id}-expression`}
        class="input mono"
        name={`${field.key}~expression`}
        rows="1"
        spellcheck="false"
        autocapitalize="off"
        placeholder="{{ trigger.body.… }}"
        aria-label={Html.escapeHtml(`Expression for ${field.title}`)}
        data-expression
        {...notes}
        safe
      >
        {`\n${text}`}
      </textarea>
    </div>
  );
}
