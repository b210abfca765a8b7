import { Html, type PropsWithChildren } from "@elysiajs/html";
import { Button, DialogButton, FormActions } from "./button.tsx";
import { Form } from "./form.tsx";
import type { IconName } from "./icon.tsx";

export interface DialogProps {
  readonly id: string;
  readonly title: string;
  readonly size?: "wide";
  /** Open as soon as the page is there, for instance to show what is wrong with what was entered in it. */
  readonly open?: boolean;
}

/** Opened by a `DialogButton`; Escape, the cross and a click beside it close it. */
export function Dialog({ id, title, size, open, children }: PropsWithChildren<DialogProps>): JSX.Element {
  return (
    <dialog class="dialog" id={id} aria-labelledby={`${id}-title`} data-size={size} {...(open && { "data-open": "" })}>
      <div class="dialog-body">
        <div class="dialog-head">
          <h2 id={`${id}-title`} safe>
            {title}
          </h2>
          <DialogButton dialog={id} command="close" label="Close" icon="x" iconOnly kind="quiet" size="small" />
        </div>
        {children}
      </div>
    </dialog>
  );
}

export interface FormDialogProps extends DialogProps {
  readonly action: string;
  readonly csrf: string;
  /** What will happen, and whether it can be undone. */
  readonly text?: string;
  readonly confirmLabel: string;
  readonly icon?: IconName;
  readonly danger?: boolean;
}

/** Asks before something is done. Children are the fields of its form. */
export function FormDialog({
  action,
  csrf,
  text,
  confirmLabel,
  icon,
  danger,
  children,
  ...dialog
}: PropsWithChildren<FormDialogProps>): JSX.Element {
  return (
    <Dialog {...dialog}>
      {text === undefined ? "" : <p safe>{text}</p>}
      <Form action={action} csrf={csrf}>
        {children}
        <FormActions>
          <DialogButton dialog={dialog.id} command="close" label="Cancel" />
          <Button kind={danger ? "danger-fill" : "primary"} label={confirmLabel} {...(icon && { icon })} />
        </FormActions>
      </Form>
    </Dialog>
  );
}
