import { Html, type PropsWithChildren } from "@elysiajs/html";
import { Icon, type IconName } from "./icon.tsx";

export interface ButtonLook {
  readonly kind?: "primary" | "secondary" | "quiet" | "danger" | "danger-fill";
  readonly size?: "small" | "medium" | "large";
  readonly icon?: IconName;
  /** True: the label is for screen readers and the tooltip only. */
  readonly iconOnly?: boolean;
  readonly wide?: boolean;
}

export interface ButtonProps extends ButtonLook {
  readonly label: string;
  readonly type?: "submit" | "button";
  readonly name?: string;
  readonly value?: string;
  readonly form?: string;
  readonly disabled?: boolean;
  /** Attributes beyond these, such as htmx's. */
  readonly attrs?: Readonly<Record<string, string>>;
}

export function Button({
  label,
  type = "submit",
  name,
  value,
  form,
  disabled,
  attrs,
  ...look
}: ButtonProps): JSX.Element {
  return (
    <button
      class="button"
      type={type}
      name={name}
      value={value}
      form={form}
      disabled={disabled}
      {...lookOf(label, look)}
      {...attrs}
    >
      <ButtonInside label={label} {...look} />
    </button>
  );
}

export interface LinkButtonProps extends ButtonLook {
  readonly label: string;
  readonly href: string;
  /** A file name makes it a download. */
  readonly download?: string;
}

/** A link that looks like a button: it goes somewhere and changes nothing. */
export function LinkButton({ label, href, download, ...look }: LinkButtonProps): JSX.Element {
  return (
    <a class="button" href={href} download={download} {...lookOf(label, look)}>
      <ButtonInside label={label} {...look} />
    </a>
  );
}

/** Opens (or closes) the dialog with that id. */
export function DialogButton({
  dialog,
  command = "show-modal",
  label,
  ...look
}: ButtonLook & { label: string; dialog: string; command?: "show-modal" | "close" }): JSX.Element {
  return <Button type="button" label={label} attrs={{ command, commandfor: dialog }} {...look} />;
}

/** Copies the text (or value) of the element with that id. */
export function CopyButton({ from, label = "Copy" }: { from: string; label?: string }): JSX.Element {
  return (
    <Button type="button" kind="quiet" size="small" icon="copy" label={label} iconOnly attrs={{ "data-copy": from }} />
  );
}

function ButtonInside({ label, icon, iconOnly }: ButtonLook & { label: string }): JSX.Element {
  return (
    <>
      {icon ? <Icon name={icon} /> : ""}
      <span class={iconOnly ? "visually-hidden" : undefined} safe>
        {label}
      </span>
    </>
  );
}

function lookOf(label: string, { kind, size, iconOnly, wide }: ButtonLook): Record<string, string> {
  return {
    ...(kind && { "data-kind": kind }),
    ...(size && { "data-size": size }),
    ...(iconOnly && { "data-icon-only": "", title: Html.escapeHtml(label) }),
    ...(wide && { "data-wide": "" }),
  };
}

/** A row of buttons at the end of a form. */
export function FormActions({ children }: PropsWithChildren): JSX.Element {
  return <div class="form-actions">{children}</div>;
}
