import { Html } from "@elysiajs/html";
import { TextField } from "../components/field.tsx";

export interface CurrentPasswordFieldProps {
  readonly id: string;
  readonly hasPassword: boolean;
  readonly error: string | undefined;
}

/** Asked for once more, so that a borrowed browser is not enough. Whoever has none must have signed in just now. */
export function CurrentPasswordField({ id, hasPassword, error }: CurrentPasswordFieldProps): JSX.Element {
  if (hasPassword)
    return (
      <TextField
        name="currentPassword"
        id={id}
        label="Your current password"
        type="password"
        error={error}
        autocomplete="current-password"
      />
    );
  return error ? (
    <p class="field">
      <span class="error" safe>
        {error}
      </span>
    </p>
  ) : (
    ""
  );
}
