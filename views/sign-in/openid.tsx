import { Html } from "@elysiajs/html";
import { Button } from "../components/button.tsx";
import { TextField } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { NextField } from "./next-field.tsx";

export function OpenidPage({ next, problem }: { next: string | null; problem: string | null }): JSX.Element {
  return (
    <div class="stack">
      <h1>Your organisation</h1>
      <Form action="/sign-in/openid" csrf={null}>
        <NextField next={next} />
        <TextField
          name="tenant"
          label="Name of your organisation"
          hint="As your administrator gave it to you, such as acme."
          error={problem ?? undefined}
          autocomplete="organization"
          autofocus
        />
        <Button kind="primary" label="Go on" wide />
      </Form>
      <a href="/sign-in">Use a password instead</a>
    </div>
  );
}
