import { Html } from "@elysiajs/html";
import { Button } from "../components/button.tsx";
import { Form } from "../components/form.tsx";
import { NewPasswordField } from "./new-password-field.tsx";

export interface ResetPageProps {
  readonly token: string;
  readonly errors: Readonly<Record<string, string>>;
}

export function ResetPage({ token, errors }: ResetPageProps): JSX.Element {
  return (
    <div class="stack">
      <h1>Choose a new password</h1>
      <p class="soft">You are signed out everywhere when it changes.</p>
      <Form action={`/reset/${token}`} csrf={null}>
        <NewPasswordField error={errors.password} />
        <Button kind="primary" label="Change the password" wide />
      </Form>
    </div>
  );
}
