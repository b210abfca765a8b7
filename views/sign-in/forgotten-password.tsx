import { Html } from "@elysiajs/html";
import { Button } from "../components/button.tsx";
import { TextField } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { Notice } from "../components/notice.tsx";

export interface ForgottenPasswordPageProps {
  /** What comes of it is the same for everybody. */
  readonly isAsked: boolean;
  readonly problem: string | null;
}

export function ForgottenPasswordPage({ isAsked, problem }: ForgottenPasswordPageProps): JSX.Element {
  if (isAsked) return <Asked />;
  return (
    <div class="stack">
      <h1>Forgotten password</h1>
      {problem ? <Notice tone="danger" title={problem} /> : ""}
      <p class="soft">You get a link by mail with which you choose a new one. It works once, for an hour.</p>
      <Form action="/forgotten-password" csrf={null}>
        <TextField name="email" label="E-mail address" type="email" autocomplete="username" autofocus />
        <Button kind="primary" label="Mail me a link" wide />
      </Form>
      <a href="/sign-in">Back to sign-in</a>
    </div>
  );
}

function Asked(): JSX.Element {
  return (
    <div class="stack">
      <h1>Look into your mail</h1>
      <p>If there is an account with that address and a password, a link is on its way to it.</p>
      <p class="soft">
        Nothing comes? Look among unwanted mail, and whether it is the address that you sign in with. Whoever signs in
        through their organisation has no password here.
      </p>
      <a href="/sign-in">Back to sign-in</a>
    </div>
  );
}
