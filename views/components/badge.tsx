import { Html } from "@elysiajs/html";

export type Tone = "neutral" | "info" | "success" | "warning" | "danger";

export interface BadgeProps {
  readonly tone?: Tone;
  readonly label: string;
  /** Something is going on right now. */
  readonly live?: boolean;
}

/** A state in a word, with a dot whose colour repeats it. */
export function Badge({ tone = "neutral", label, live }: BadgeProps): JSX.Element {
  return (
    <span class="badge" data-tone={tone} {...(live && { "data-live": "" })} safe>
      {label}
    </span>
  );
}

/** A label without a meaning of its own, such as a kind or a version. */
export function Tag({ label }: { label: string }): JSX.Element {
  return (
    <span class="badge" data-plain="" safe>
      {label}
    </span>
  );
}
