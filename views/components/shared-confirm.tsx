import { Html } from "@elysiajs/html";
import { Button, DialogButton, FormActions } from "./button.tsx";
import { Dialog, type DialogProps } from "./dialog.tsx";
import { Form } from "./form.tsx";
import type { IconName } from "./icon.tsx";

export interface SharedConfirmProps extends DialogProps {
  readonly text: string;
  readonly confirmLabel: string;
  readonly csrf: string;
}

/**
 * One dialog for all rows of a list. The button that opens it says what it is about and where its form goes; the
 * page's script puts both in (`data-confirm-…` in `app.js`).
 */
export function SharedConfirm({ text, confirmLabel, csrf, ...dialog }: SharedConfirmProps): JSX.Element {
  return (
    <Dialog {...dialog}>
      <p class="confirm-subject" data-subject="" dir="auto" />
      <p safe>{text}</p>
      <Form action="" csrf={csrf} attrs={{ "data-confirm-form": "" }}>
        <FormActions>
          <DialogButton dialog={dialog.id} command="close" label="Cancel" />
          <Button kind="danger-fill" label={confirmLabel} />
        </FormActions>
      </Form>
    </Dialog>
  );
}

export interface SharedConfirmButtonProps {
  readonly dialog: string;
  readonly action: string;
  /** What it is about, as the dialog shows it. */
  readonly subject: string;
  readonly label: string;
  readonly icon: IconName;
}

export function SharedConfirmButton({ dialog, action, subject, label, icon }: SharedConfirmButtonProps): JSX.Element {
  return (
    <Button
      type="button"
      kind="quiet"
      size="small"
      icon={icon}
      iconOnly
      label={label}
      attrs={{
        command: "show-modal",
        commandfor: dialog,
        "data-confirm-action": action,
        "data-confirm-subject": Html.escapeHtml(subject),
      }}
    />
  );
}
