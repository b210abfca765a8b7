import { Html } from "@elysiajs/html";
import { Button } from "../components/button.tsx";
import { TextField } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { QrCode } from "../components/qr-code.tsx";
import { NextField } from "./next-field.tsx";

export interface EnrolPageProps {
  readonly qr: readonly (readonly boolean[])[];
  readonly secretText: string;
  readonly next: string | null;
  readonly problem: string | null;
}

/** On the way in, because the tenant asks for a second factor and there is none yet. */
export function EnrolPage({ qr, secretText, next, problem }: EnrolPageProps): JSX.Element {
  return (
    <div class="stack">
      <h1>Set up two-factor</h1>
      <p class="soft">Your organisation asks for a code from an authenticator app besides the password.</p>
      <ScanSecret qr={qr} secretText={secretText} />
      <Form action="/sign-in/code" csrf={null}>
        <NextField next={next} />
        <FirstCodeField problem={problem} />
        <Button kind="primary" label="Turn on and sign in" wide />
      </Form>
    </div>
  );
}

/** Also on the personal page. */
export function ScanSecret({ qr, secretText }: Pick<EnrolPageProps, "qr" | "secretText">): JSX.Element {
  return (
    <>
      <p>Scan this with the app:</p>
      <QrCode modules={qr} label="QR code for your authenticator app" />
      <p class="soft">
        If you cannot scan it, type this into the app:{" "}
        <code class="break" safe>
          {secretText}
        </code>
      </p>
    </>
  );
}

export function FirstCodeField({ problem }: { problem: string | null }): JSX.Element {
  return (
    <TextField
      name="code"
      label="Code that the app shows now"
      autocomplete="one-time-code"
      inputmode="numeric"
      mono
      error={problem ?? undefined}
    />
  );
}
