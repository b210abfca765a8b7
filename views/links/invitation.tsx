import { Html } from "@elysiajs/html";
import { Button } from "../components/button.tsx";
import { TextField } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { NewPasswordField } from "./new-password-field.tsx";

export interface InvitationPageProps {
  readonly token: string;
  readonly tenant: string;
  readonly email: string;
  readonly name: string;
  readonly errors: Readonly<Record<string, string>>;
}

export function InvitationPage({ token, tenant, email, name, errors }: InvitationPageProps): JSX.Element {
  return (
    <div class="stack">
      <h1 safe>{`Join ${tenant}`}</h1>
      <p class="soft">
        You will sign in with <strong safe>{email}</strong>.
      </p>
      <Form action={`/invitations/${token}`} csrf={null}>
        <TextField name="name" label="Your name" value={name} error={errors.name} autocomplete="name" autofocus />
        <NewPasswordField error={errors.password} />
        <Button kind="primary" label="Join" wide />
      </Form>
    </div>
  );
}
