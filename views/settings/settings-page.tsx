import { Html } from "@elysiajs/html";
import { Badge } from "../components/badge.tsx";
import { Button, FormActions, LinkButton } from "../components/button.tsx";
import { Card } from "../components/card.tsx";
import { Form } from "../components/form.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { ProviderForm, type ProviderFormProps } from "./provider-form.tsx";

export interface SettingsPageProps extends ProviderFormProps {
  readonly twoFactorRequired: boolean;
  readonly hasProvider: boolean;
}

export function SettingsPage(props: SettingsPageProps): JSX.Element {
  const { twoFactorRequired, mayWrite, csrf, hasProvider } = props;
  return (
    <>
      <PageHeader
        title="Settings"
        lead={
          mayWrite
            ? "How people sign in, for everybody in your organisation."
            : "How people sign in. Only owners change this."
        }
      >
        <LinkButton label="Mail" href="/settings/mail" />
      </PageHeader>
      <div class="stack people-form">
        <Card id="two-factor-card" title="Two-factor">
          <p>{twoFactorRequired ? <Badge tone="success" label="Required" /> : <Badge label="Up to each person" />}</p>
          <p class="soft">
            Where it is required, whoever signs in with a password needs a code from an app too. Sign-in through the
            provider below is left to the provider.
          </p>
          {mayWrite ? (
            <Form action="/settings/two-factor" csrf={csrf}>
              {twoFactorRequired ? "" : <input type="hidden" name="required" value="on" />}
              <FormActions>
                <Button label={twoFactorRequired ? "Leave it to each person" : "Require two-factor"} />
              </FormActions>
            </Form>
          ) : (
            ""
          )}
        </Card>
        <Card id="provider-card" title="Sign-in through your OpenID provider">
          <ProviderForm {...props} />
          {hasProvider && mayWrite ? (
            <Form action="/settings/provider/remove" csrf={csrf} class="row">
              <Button label="Remove the provider" kind="danger" />
            </Form>
          ) : (
            ""
          )}
        </Card>
      </div>
    </>
  );
}
