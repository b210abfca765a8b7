import { Html, type PropsWithChildren } from "@elysiajs/html";
import { CopyButton } from "./button.tsx";
import { Notice } from "./notice.tsx";

export interface CopyLineProps {
  readonly id: string;
  readonly text: string;
  /** What the button does. */
  readonly label: string;
  readonly class?: string;
  /** Seen whole, so that nobody has to scroll it by keyboard. */
  readonly isWhole?: boolean;
}

/** Something to be taken elsewhere, on a line of its own. */
export function CopyLine({ id, text, label, class: className, isWhole }: CopyLineProps): JSX.Element {
  return (
    <div class="copy-line">
      <code class={className} id={id} tabindex={isWhole ? undefined : "0"} safe>
        {text}
      </code>
      <CopyButton from={id} label={label} />
    </div>
  );
}

/** The same among facts. */
export function Copyable({ id, text, label }: Pick<CopyLineProps, "id" | "text" | "label">): JSX.Element {
  return (
    <span class="copyable">
      <code id={id} safe>
        {text}
      </code>
      <CopyButton from={id} label={label} />
    </span>
  );
}

/** What was just made and is never shown again. Children say what to do with it. */
export function ShownOnce({
  title,
  children,
  ...line
}: PropsWithChildren<{ title: string } & CopyLineProps>): JSX.Element {
  return (
    <div class="page-notice">
      <Notice tone="success" title={title}>
        {children}
        <CopyLine {...line} />
      </Notice>
    </div>
  );
}
