import { Html } from "@elysiajs/html";
import { Button, FormActions, LinkButton } from "../components/button.tsx";
import { Form } from "../components/form.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { type EnrolPageProps, FirstCodeField, ScanSecret } from "../sign-in/enrol.tsx";

export interface SetUpPageProps extends Omit<EnrolPageProps, "next"> {
  /** The secret, sealed: only this server can read it, and only for this person. */
  readonly sealed: string;
  readonly csrf: string;
}

export function SetUpPage({ qr, secretText, sealed, problem, csrf }: SetUpPageProps): JSX.Element {
  return (
    <>
      <PageHeader title="Set up two-factor" trail={{ href: "/account", label: "Your account" }} />
      <div class="stack people-form">
        <ScanSecret qr={qr} secretText={secretText} />
        <Form action="/account/two-factor/enable" csrf={csrf}>
          <input type="hidden" name="sealed" value={sealed} />
          <FirstCodeField problem={problem} />
          <FormActions>
            <LinkButton label="Cancel" href="/account" />
            <Button kind="primary" label="Turn it on" />
          </FormActions>
        </Form>
      </div>
    </>
  );
}
