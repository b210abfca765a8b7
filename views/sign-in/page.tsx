import { Html } from "@elysiajs/html";
import { Button } from "../components/button.tsx";
import { TextField } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { Notice } from "../components/notice.tsx";
import { NextField } from "./next-field.tsx";

export interface SignInPageProps {
  readonly next: string | null;
  readonly email: string;
  readonly problem: string | null;
  /** False: nobody can sign in yet. */
  readonly isSetUp: boolean;
  /** Links for a new password can be mailed. */
  readonly hasMail: boolean;
  /** The organisation's provider; `ask` where the organisation has to be named first. */
  readonly provider: { readonly tenant: string; readonly label: string } | "ask" | null;
}

export function SignInPage({ next, email, problem, isSetUp, hasMail, provider }: SignInPageProps): JSX.Element {
  if (!isSetUp) return <NotSetUp />;
  return (
    <div class="stack">
      <h1>Sign in</h1>
      {problem ? <Notice tone="danger" title={problem} /> : ""}
      <Form action="/sign-in" csrf={null}>
        <NextField next={next} />
        <TextField
          name="email"
          label="E-mail address"
          type="email"
          value={email}
          autocomplete="username"
          autofocus={email === ""}
        />
        <TextField
          name="password"
          label="Password"
          type="password"
          autocomplete="current-password"
          autofocus={email !== ""}
        />
        <Button kind="primary" label="Sign in" wide />
      </Form>
      <ProviderButton provider={provider} next={next} />
      {hasMail ? <a href="/forgotten-password">Forgot the password?</a> : <AskSomebody />}
    </div>
  );
}

function AskSomebody(): JSX.Element {
  return (
    <details>
      <summary>Forgot the password?</summary>
      <p class="soft">
        Ask an administrator of your workspace: under Members they make a link with which you choose a new one. If there
        is none, whoever runs the server does it with <code>user reset-link</code>.
      </p>
    </details>
  );
}

function ProviderButton({ provider, next }: Pick<SignInPageProps, "provider" | "next">): JSX.Element {
  if (provider === null) return "";
  if (provider === "ask")
    return (
      <a href={next === null ? "/sign-in/openid" : `/sign-in/openid?next=${encodeURIComponent(next)}`}>
        Sign in through your organisation
      </a>
    );
  return (
    <Form action="/sign-in/openid" csrf={null}>
      <NextField next={next} />
      <input type="hidden" name="tenant" value={provider.tenant} />
      <Button label={provider.label} wide />
    </Form>
  );
}

function NotSetUp(): JSX.Element {
  return (
    <div class="stack">
      <h1>Almost there</h1>
      <p>Nobody can sign in yet. The server has printed a setup link where it was started; open that one.</p>
      <p class="soft">
        Is it gone? Start the server again and it prints a new one, as long as there is nobody. In a container, look at
        its log.
      </p>
    </div>
  );
}
