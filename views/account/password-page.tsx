import { Html } from "@elysiajs/html";
import { Button, FormActions, LinkButton } from "../components/button.tsx";
import { TextField } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { PageHeader } from "../components/page-header.tsx";

const STEPS = {
  begin: {
    title: "Turn on two-factor",
    lead: "First your password, then a picture to scan.",
    action: "/account/two-factor",
    label: "Go on",
  },
  "recovery-codes": {
    title: "New recovery codes",
    lead: "The old ones are worth nothing afterwards.",
    action: "/account/two-factor/recovery-codes",
    label: "Make new codes",
  },
  disable: {
    title: "Turn off two-factor",
    lead: "The password alone will be enough to sign in.",
    action: "/account/two-factor/disable",
    label: "Turn it off",
  },
} as const;

export interface PasswordPageProps {
  readonly step: keyof typeof STEPS;
  readonly errors: Readonly<Record<string, string>>;
  readonly csrf: string;
}

export function PasswordPage({ step, errors, csrf }: PasswordPageProps): JSX.Element {
  const { title, lead, action, label } = STEPS[step];
  return (
    <>
      <PageHeader title={title} lead={lead} trail={{ href: "/account", label: "Your account" }} />
      <Form action={action} csrf={csrf} class="form people-form">
        <TextField
          name="currentPassword"
          label="Your current password"
          hint="Without a password: leave it empty, and have signed in within the last ten minutes."
          type="password"
          error={errors.currentPassword}
          autocomplete="current-password"
          optional
          autofocus
        />
        <FormActions>
          <LinkButton label="Cancel" href="/account" />
          <Button kind={step === "disable" ? "danger-fill" : "primary"} label={label} />
        </FormActions>
      </Form>
    </>
  );
}
