import { Html } from "@elysiajs/html";
import { Button, FormActions } from "../components/button.tsx";
import { CopyLine } from "../components/copy-line.tsx";
import { SelectField, TextField } from "../components/field.tsx";
import { Form } from "../components/form.tsx";

export interface ProviderFormProps {
  readonly provider: {
    readonly issuer: string;
    readonly clientId: string;
    readonly label: string;
    readonly domains: string;
    readonly groupsClaim: string;
    readonly roleByGroup: string;
    readonly defaultRole: string;
  };
  readonly hasSecret: boolean;
  readonly errors: Readonly<Record<string, string>>;
  /** To be entered at the provider. */
  readonly redirectUri: string;
  readonly mayWrite: boolean;
  readonly csrf: string;
}

const ROLES = [
  { value: "", label: "Nobody without a group from above" },
  { value: "viewer", label: "viewer" },
  { value: "builder", label: "builder" },
  { value: "admin", label: "admin" },
];

export function ProviderForm({
  provider,
  hasSecret,
  errors,
  redirectUri,
  mayWrite,
  csrf,
}: ProviderFormProps): JSX.Element {
  return (
    <Form action="/settings/provider" csrf={csrf}>
      <p>Register this server at the provider with this redirect address:</p>
      <CopyLine id="redirect-uri" text={redirectUri} label="Copy the address" />
      <TextField
        name="issuer"
        label="Issuer"
        type="url"
        hint="Where /.well-known/openid-configuration stands below: https://login.example.com/realms/acme"
        value={provider.issuer}
        error={errors.issuer}
        autocomplete="off"
      />
      <TextField
        name="clientId"
        label="Client id"
        value={provider.clientId}
        error={errors.clientId}
        autocomplete="off"
      />
      <TextField
        name="clientSecret"
        label="Client secret"
        type="password"
        hint={hasSecret ? "One is stored; leave this empty to keep it." : "Empty for a public client."}
        error={errors.clientSecret}
        autocomplete="off"
        optional
      />
      <TextField
        name="label"
        label="What the button says"
        value={provider.label}
        autocomplete="off"
        maxlength={80}
        optional
      />
      <TextField
        name="domains"
        label="Only addresses of these domains"
        hint="Separated by commas; empty for whoever the provider lets in."
        value={provider.domains}
        error={errors.domains}
        autocomplete="off"
        optional
      />
      <TextField
        name="groupsClaim"
        label="Claim that lists the groups"
        value={provider.groupsClaim}
        autocomplete="off"
        optional
      />
      <TextField
        name="roleByGroup"
        label="Roles by group"
        hint="A line each, such as: integration-team = builder. They are applied at every sign-in, to everybody but owners."
        value={provider.roleByGroup}
        error={errors.roleByGroup}
        rows={3}
        mono
        optional
      />
      <SelectField
        name="defaultRole"
        label="Role of everybody else"
        options={ROLES}
        value={provider.defaultRole}
        error={errors.defaultRole}
      />
      {mayWrite ? (
        <FormActions>
          <Button kind="primary" label="Check and store" />
        </FormActions>
      ) : (
        ""
      )}
    </Form>
  );
}
