import { Html, type PropsWithChildren } from "@elysiajs/html";
import { Icon } from "./icon.tsx";

export interface FieldFrameProps {
  /** Id of the control inside. */
  readonly id: string;
  readonly label: string;
  readonly hint?: string | undefined;
  /** What is wrong with what was entered, and how to mend it. */
  readonly error?: string | undefined;
  readonly optional?: boolean;
}

/** Label, control, hint and error of one field. The control points at the latter two by `describedBy(…)`. */
export function FieldFrame({
  id,
  label,
  hint,
  error,
  optional,
  children,
}: PropsWithChildren<FieldFrameProps>): JSX.Element {
  return (
    <div class="field">
      <label for={id}>
        <span safe>{label}</span>
        {optional ? <span class="optional"> (optional)</span> : ""}
      </label>
      {children}
      {hint ? (
        <div class="hint" id={`${id}-hint`} safe>
          {hint}
        </div>
      ) : (
        ""
      )}
      {error ? <FieldError id={id} message={error} /> : ""}
    </div>
  );
}

function FieldError({ id, message }: { id: string; message: string }): JSX.Element {
  return (
    <div class="error" id={`${id}-error`}>
      <Icon name="circle-alert" />
      <span safe>{message}</span>
    </div>
  );
}

/** Attributes that tie a control to its hint and error. */
export function describedBy({ id, hint, error }: Pick<FieldFrameProps, "id" | "hint" | "error">) {
  const ids = [...(hint ? [`${id}-hint`] : []), ...(error ? [`${id}-error`] : [])];
  return {
    ...(ids.length > 0 && { "aria-describedby": ids.join(" ") }),
    ...(error && { "aria-invalid": "true" as const }),
  };
}

export interface TextFieldProps extends Omit<FieldFrameProps, "id"> {
  readonly name: string;
  /** Default: the name. Needed where a page has two fields of one name. */
  readonly id?: string;
  readonly value?: string | undefined;
  readonly type?: "text" | "email" | "password" | "url" | "number" | "search";
  readonly placeholder?: string;
  readonly autocomplete?: string;
  readonly inputmode?: "numeric" | "email" | "url" | "text";
  readonly autofocus?: boolean;
  readonly maxlength?: number;
  readonly mono?: boolean;
  /** A number makes it a text area of that many lines. */
  readonly rows?: number;
  readonly spellcheck?: "true" | "false";
}

/** One line of text, or several. */
export function TextField(props: TextFieldProps): JSX.Element {
  const { name, id = name, label, hint, error, optional, rows, value } = props;
  const control = {
    class: props.mono ? "input mono" : "input",
    id,
    name,
    placeholder: props.placeholder,
    required: optional ? undefined : true,
    autofocus: props.autofocus,
    maxlength: props.maxlength,
    spellcheck: props.spellcheck,
    ...describedBy({ id, hint, error }),
  };
  return (
    <FieldFrame id={id} label={label} hint={hint} error={error} optional={optional ?? false}>
      {rows === undefined ? (
        <input
          {...control}
          type={props.type ?? "text"}
          value={value === undefined ? undefined : Html.escapeHtml(value)}
          autocomplete={props.autocomplete}
          inputmode={props.inputmode}
        />
      ) : (
        <textarea {...control} rows={String(rows)} safe>
          {value ?? ""}
        </textarea>
      )}
    </FieldFrame>
  );
}

export interface Option {
  readonly value: string;
  readonly label: string;
}

export interface SelectFieldProps extends Omit<FieldFrameProps, "id"> {
  readonly name: string;
  readonly id?: string;
  readonly value?: string | undefined;
  readonly options: readonly Option[];
}

/** One of a few. */
export function SelectField({
  name,
  id = name,
  label,
  hint,
  error,
  optional,
  value,
  options,
}: SelectFieldProps): JSX.Element {
  return (
    <FieldFrame id={id} label={label} hint={hint} error={error} optional={optional ?? false}>
      <select class="input" id={id} name={name} {...describedBy({ id, hint, error })}>
        <Options options={options} value={value} />
      </select>
    </FieldFrame>
  );
}

export function Options({ options, value }: { options: readonly Option[]; value?: string | undefined }): JSX.Element {
  return (
    <>
      {options.map((option) => (
        <option value={Html.escapeHtml(option.value)} selected={option.value === value} safe>
          {option.label}
        </option>
      ))}
    </>
  );
}

export interface CheckboxProps {
  readonly name: string;
  readonly id?: string;
  readonly label: string;
  readonly hint?: string;
  readonly value?: string;
  readonly checked?: boolean;
  readonly type?: "checkbox" | "radio";
}

/** Yes or no, or one of several that need a sentence each (`type="radio"`). */
export function Checkbox({
  name,
  id = name,
  label,
  hint,
  value = "on",
  checked,
  type = "checkbox",
}: CheckboxProps): JSX.Element {
  return (
    <div class="choice">
      <input type={type} id={id} name={name} value={value} checked={checked} {...describedBy({ id, hint })} />
      <label for={id} safe>
        {label}
      </label>
      {hint ? (
        <div class="hint" id={`${id}-hint`} safe>
          {hint}
        </div>
      ) : (
        ""
      )}
    </div>
  );
}
