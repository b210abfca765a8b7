import { Html } from "@elysiajs/html";
import { Button } from "../components/button.tsx";
import { TextField } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { NextField } from "./next-field.tsx";

export interface CodePageProps {
  readonly email: string;
  readonly next: string | null;
  readonly problem: string | null;
}

export function CodePage({ email, next, problem }: CodePageProps): JSX.Element {
  return (
    <div class="stack">
      <h1>Enter your code</h1>
      <p class="soft">
        Open your authenticator app and type the code for <strong safe>{email}</strong>. Without the app, one of your
        recovery codes will do.
      </p>
      <Form action="/sign-in/code" csrf={null}>
        <NextField next={next} />
        <TextField
          name="code"
          label="Code"
          autocomplete="one-time-code"
          inputmode="text"
          autofocus
          mono
          error={problem ?? undefined}
        />
        <Button kind="primary" label="Sign in" wide />
      </Form>
      <a href="/sign-in">Use another account</a>
    </div>
  );
}
