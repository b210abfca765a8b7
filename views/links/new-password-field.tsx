import { Html } from "@elysiajs/html";
import { TextField } from "../components/field.tsx";

export function NewPasswordField({ error, id }: { error: string | undefined; id?: string }): JSX.Element {
  return (
    <TextField
      name="password"
      id={id ?? "password"}
      label="New password"
      type="password"
      hint="At least 12 characters; a few words are fine."
      error={error}
      autocomplete="new-password"
    />
  );
}
