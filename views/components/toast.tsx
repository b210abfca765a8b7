import { Html } from "@elysiajs/html";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";

export interface ToastProps {
  readonly kind: "success" | "error";
  readonly text: string;
}

/** Says that something has been done, or why not, beside the page. */
export function Toast({ kind, text }: ToastProps): JSX.Element {
  return (
    <div class="toast" data-kind={kind}>
      <Icon name={kind === "error" ? "circle-alert" : "circle-check"} />
      <p safe>{text}</p>
      <Button
        type="button"
        kind="quiet"
        size="small"
        icon="x"
        iconOnly
        label="Dismiss"
        attrs={{ "data-dismiss": "" }}
      />
    </div>
  );
}
