import { Html } from "@elysiajs/html";
import { Button } from "../components/button.tsx";
import { TextField } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { Notice } from "../components/notice.tsx";

export interface SetupPageProps {
  readonly token: string;
  readonly values: Readonly<Record<"tenant" | "email" | "name", string>>;
  readonly errors: Readonly<Record<string, string>>;
  /** Made on the command line before; one of them can be chosen. */
  readonly tenants: readonly { readonly slug: string }[];
  /** Passwords and sessions cross a network readably. */
  readonly isReadable: boolean;
}

export function SetupPage({ token, values, errors, tenants, isReadable }: SetupPageProps): JSX.Element {
  const known = tenants.map(({ slug }) => slug).join(", ");
  return (
    <div class="stack">
      <h1>Welcome</h1>
      <p class="soft">Make the first account. It owns this installation and can invite the others.</p>
      {isReadable ? <PlainHttpNotice /> : ""}
      <Form action={`/setup/${token}`} csrf={null}>
        <TextField
          name="tenant"
          label="Name of your organisation"
          value={values.tenant}
          hint={
            known === ""
              ? "Any name. Its short form stands in addresses and on the command line: “Acme Ltd” becomes acme-ltd."
              : `There is already: ${known}. Type one of them to own it, or a new one.`
          }
          error={errors.tenant}
          autocomplete="organization"
          autofocus
        />
        <TextField name="name" label="Your name" value={values.name} error={errors.name} autocomplete="name" />
        <TextField
          name="email"
          label="Your e-mail address"
          type="email"
          value={values.email}
          error={errors.email}
          autocomplete="username"
        />
        <TextField
          name="password"
          label="Password"
          type="password"
          hint="At least 12 characters; a few words are fine."
          error={errors.password}
          autocomplete="new-password"
        />
        <Button kind="primary" label="Create the account" wide />
      </Form>
    </div>
  );
}

function PlainHttpNotice(): JSX.Element {
  return (
    <Notice tone="warning" title="This page came over plain http">
      <p>
        Whoever listens on the network can read the password and use the session. On your own machine that is fine;
        otherwise put https in front and set <code>PUBLIC_URL</code>.
      </p>
    </Notice>
  );
}
