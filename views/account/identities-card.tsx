import { Html } from "@elysiajs/html";
import type { Identity } from "../../src/domain/user.ts";
import { Button } from "../components/button.tsx";
import { Card } from "../components/card.tsx";
import { Form } from "../components/form.tsx";
import { CurrentPasswordField } from "./current-password-field.tsx";

export interface IdentitiesCardProps {
  readonly identities: readonly Identity[];
  readonly hasPassword: boolean;
  readonly mayConnect: boolean;
  readonly errors: Readonly<Record<string, string>>;
  readonly csrf: string;
}

/** Accounts at the organisation's provider that open this one. */
export function IdentitiesCard({
  identities,
  hasPassword,
  mayConnect,
  errors,
  csrf,
}: IdentitiesCardProps): JSX.Element {
  if (identities.length === 0 && !mayConnect) return "";
  return (
    <Card id="identities-card" title="Sign-in through your organisation">
      {identities.map(({ issuer, subject }, index) => (
        <Form action="/account/provider/remove" csrf={csrf}>
          <p>
            Connected to <code safe>{issuer}</code>
          </p>
          <input type="hidden" name="issuer" value={Html.escapeHtml(issuer)} />
          <input type="hidden" name="subject" value={Html.escapeHtml(subject)} />
          <CurrentPasswordField
            id={`identity-current-${index}`}
            hasPassword={hasPassword}
            error={errors.currentPassword}
          />
          <div class="row">
            <Button label="Disconnect" />
          </div>
        </Form>
      ))}
      {identities.length === 0 ? (
        <Form action="/account/provider" csrf={csrf}>
          <p class="soft">Connect your account there, and you can sign in without the password.</p>
          <div class="row">
            <Button label="Connect" />
          </div>
        </Form>
      ) : (
        ""
      )}
    </Card>
  );
}
