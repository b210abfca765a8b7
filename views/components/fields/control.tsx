import { Html, type PropsWithChildren } from "@elysiajs/html";
import { ChoicesPicker } from "./choices-picker.tsx";
import type { DescribedBy } from "./field-notes.tsx";
import type { ControlView, FieldView } from "./field-view.ts";
import { PairsControl } from "./pairs-control.tsx";

type SingleControl = Exclude<ControlView, { kind: "object" | "list" }>;

/** Whether it has several controls and so needs a fieldset instead of a label. */
export function isGroup(control: ControlView): boolean {
  return ["object", "list", "pairs", "multi_select", "file"].includes(control.kind);
}

interface ControlProps<Kind extends SingleControl = SingleControl> {
  readonly field: FieldView;
  readonly control: Kind;
  readonly notes: DescribedBy;
}

export function Control({ field, control, notes }: ControlProps): JSX.Element {
  switch (control.kind) {
    case "text":
      return <TextControl field={field} control={control} notes={notes} />;
    case "secret":
      return <SecretControl field={field} control={control} notes={notes} />;
    case "number":
      return (
        // Not `type=number`: what is no number yet could not be shown in it.
        <input
          type="text"
          inputmode={control.integer ? "numeric" : "decimal"}
          {...common(field, notes)}
          value={Html.escapeHtml(control.value)}
        />
      );
    case "boolean":
      return <BooleanControl field={field} control={control} notes={notes} />;
    case "select":
      return (
        <select class="input" id={field.id} name={field.key} {...notes}>
          {control.options.map(({ value, title }) => (
            <option value={Html.escapeHtml(value)} selected={value === control.value} safe>
              {title}
            </option>
          ))}
        </select>
      );
    case "multi_select":
      return <ChoicesControl field={field} control={control} notes={notes} />;
    case "date":
      return <DateControl field={field} control={control} notes={notes} />;
    case "pairs":
      return (
        <PairsControl
          fieldKey={field.key}
          title={field.title}
          rows={control.rows}
          secret={control.secret}
          expressions={field.expression.kind !== "none"}
        />
      );
    case "json":
      return <LongText field={field} text={control.text} notes={notes} rows={4} mono />;
    case "code":
      return <LongText field={field} text={control.text} notes={notes} rows={8} mono />;
    case "file":
      return <FileControl field={field} control={control} notes={notes} />;
  }
}

function common(field: FieldView, notes: DescribedBy) {
  return {
    id: field.id,
    class: "input",
    name: field.key,
    ...(field.placeholder !== null && { placeholder: Html.escapeHtml(field.placeholder) }),
    ...(field.required && { "aria-required": "true" as const }),
    ...(field.expression.kind === "in_place" && { "data-expression": true }),
    autocomplete: "off",
    ...notes,
  };
}

type Only<Kind> = ControlProps<Extract<SingleControl, { kind: Kind }>>;

function TextControl({ field, control, notes }: Only<"text">): JSX.Element {
  const { value, multiline, format, choicesHref, label } = control;
  // A box of one line would swallow the line breaks that an import or the API has put there.
  if (multiline || value.includes("\n")) return <LongText field={field} text={value} notes={notes} rows={3} />;
  const inputmode = format === "url" ? "url" : format === "email" ? "email" : undefined;
  return (
    <>
      <Chosen field={field} label={label} value={value}>
        <input
          type="text"
          inputmode={inputmode}
          {...common(field, notes)}
          value={Html.escapeHtml(value)}
          spellcheck={format === null ? "true" : "false"}
        />
      </Chosen>
      {choicesHref === null ? "" : <ChoicesPicker field={field} href={choicesHref} />}
    </>
  );
}

/** A chosen value by its name; with the caret in it, it is the value itself, which can be typed over. */
function Chosen({
  field,
  label,
  value,
  children,
}: PropsWithChildren<{ field: FieldView; label: string | null; value: string }>): JSX.Element {
  if (label === null) return <>{children}</>;
  return (
    <div class="chosen" data-chosen={field.id}>
      {children}
      <span class="chosen-label" id={`${field.id}-label`}>
        <span class="chosen-name" safe>
          {label}
        </span>
        <code safe>{value}</code>
      </span>
    </div>
  );
}

function LongText({
  field,
  text,
  notes,
  rows,
  mono = false,
}: Omit<ControlProps, "control"> & { text: string; rows: number; mono?: boolean }): JSX.Element {
  return (
    // The parser drops the first line break of a text area, so one is put there for it.
    <textarea
      {...common(field, notes)}
      class={mono ? "input mono" : "input"}
      rows={String(rows)}
      spellcheck={mono ? "false" : "true"}
      safe
    >
      {`\n${text}`}
    </textarea>
  );
}

function SecretControl({ field, control, notes }: Only<"secret">): JSX.Element {
  const placeholder = control.isSet ? "Stored; leave empty to keep it" : (field.placeholder ?? "");
  return (
    <input
      type="password"
      {...common(field, notes)}
      placeholder={Html.escapeHtml(placeholder)}
      autocomplete="new-password"
      value=""
    />
  );
}

function BooleanControl({ field, control, notes }: Only<"boolean">): JSX.Element {
  return (
    <>
      <input type="hidden" name={`${field.key}~box`} value="1" />
      <input type="checkbox" id={field.id} name={field.key} value="true" checked={control.checked} {...notes} />
    </>
  );
}

function ChoicesControl({ field, control }: Only<"multi_select">): JSX.Element {
  return (
    <div class="field-choices">
      <input type="hidden" name={`${field.key}~box`} value="1" />
      {control.options.map(({ value, title }) => (
        <label>
          <input
            type="checkbox"
            name={field.key}
            value={Html.escapeHtml(value)}
            checked={control.values.includes(value)}
          />
          <span safe>{title}</span>
        </label>
      ))}
    </div>
  );
}

function DateControl({ field, control, notes }: Only<"date">): JSX.Element {
  const { value, withTime } = control;
  const isPlain = !withTime && /^(?:\d{4}-\d{2}-\d{2})?$/.test(value);
  if (isPlain) return <input type="date" {...common(field, notes)} value={Html.escapeHtml(value)} />;
  const placeholder = withTime ? "2026-05-31T09:30:00Z" : "2026-05-31";
  return (
    <input
      type="text"
      {...common(field, notes)}
      placeholder={Html.escapeHtml(placeholder)}
      value={Html.escapeHtml(value)}
    />
  );
}

function FileControl({ field, control }: Only<"file">): JSX.Element {
  const parts = [
    ["filename", "File name", control.filename],
    ["contentType", "Content type", control.contentType],
    ["base64", "Content (base64)", control.base64],
  ] as const;
  return (
    <div class="field-file">
      {parts.map(([name, title, value]) => (
        <label>
          <span>{title}</span>
          <input
            class="input"
            type="text"
            name={`${field.key}.${name}`}
            value={Html.escapeHtml(value)}
            autocomplete="off"
            data-expression
          />
        </label>
      ))}
    </div>
  );
}
