import { Html } from "@elysiajs/html";
import type { Session } from "../../src/domain/session-store.ts";
import type { TwoFactor } from "../../src/domain/two-factor-store.ts";
import type { Identity } from "../../src/domain/user.ts";
import { Tag } from "../components/badge.tsx";
import { Button, FormActions } from "../components/button.tsx";
import { Card } from "../components/card.tsx";
import { TextField } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { NewPasswordField } from "../links/new-password-field.tsx";
import { AppearanceCard } from "./appearance-card.tsx";
import { CurrentPasswordField } from "./current-password-field.tsx";
import { IdentitiesCard } from "./identities-card.tsx";
import { MailCard } from "./mail-card.tsx";
import { SessionsCard } from "./sessions-card.tsx";
import { TwoFactorCard } from "./two-factor-card.tsx";

export interface AccountPageProps {
  readonly user: { readonly name: string; readonly email: string };
  readonly role: string;
  readonly account: {
    readonly hasPassword: boolean;
    readonly mailsWanted: boolean;
    readonly twoFactor: TwoFactor | null;
    readonly twoFactorRequired: boolean;
    readonly identities: readonly Identity[];
  };
  readonly sessions: readonly Session[];
  readonly currentSession: string;
  readonly mayConnect: boolean;
  readonly theme: "light" | "dark" | null;
  /** Whoever can do nothing about a failed run is not told of it. */
  readonly mayBeMailed: boolean;
  /** Mail is set up on the server. */
  readonly hasMail: boolean;
  /** What was wrong with the form of that name. */
  readonly errorsOf: (form: string) => Readonly<Record<string, string>>;
  readonly csrf: string;
}

export function AccountPage(props: AccountPageProps): JSX.Element {
  const { user, account, errorsOf, csrf } = props;
  return (
    <>
      <PageHeader title="Your account" lead={user.email}>
        <Tag label={props.role} />
        <Form action="/sign-out" csrf={csrf} class="row">
          <Button label="Sign out" icon="log-out" />
        </Form>
      </PageHeader>
      <div class="stack people-form">
        <Card id="name-card" title="Name">
          <Form action="/account/name" csrf={csrf}>
            <TextField name="name" label="Name" value={user.name} error={errorsOf("name").name} autocomplete="name" />
            <FormActions>
              <Button label="Save the name" />
            </FormActions>
          </Form>
        </Card>
        <AppearanceCard theme={props.theme} csrf={csrf} />
        <Card id="email-card" title="E-mail address">
          <Form action="/account/email" csrf={csrf}>
            <TextField
              name="email"
              type="email"
              label="New address"
              error={errorsOf("email").email}
              autocomplete="email"
            />
            <CurrentPasswordField
              id="email-current"
              hasPassword={account.hasPassword}
              error={errorsOf("email").currentPassword}
            />
            <FormActions>
              <Button label="Change the address" />
            </FormActions>
          </Form>
        </Card>
        <Card id="password-card" title="Password">
          <Form action="/account/password" csrf={csrf}>
            <CurrentPasswordField
              id="password-current"
              hasPassword={account.hasPassword}
              error={errorsOf("password").currentPassword}
            />
            <NewPasswordField error={errorsOf("password").password} />
            <FormActions>
              <Button label={account.hasPassword ? "Change the password" : "Set a password"} />
            </FormActions>
          </Form>
        </Card>
        {props.mayBeMailed ? <MailCard wanted={account.mailsWanted} isSetUp={props.hasMail} csrf={csrf} /> : ""}
        <TwoFactorCard twoFactor={account.twoFactor} isRequired={account.twoFactorRequired} />
        <IdentitiesCard
          identities={account.identities}
          hasPassword={account.hasPassword}
          mayConnect={props.mayConnect}
          errors={errorsOf("provider")}
          csrf={csrf}
        />
        <SessionsCard sessions={props.sessions} current={props.currentSession} csrf={csrf} />
      </div>
    </>
  );
}
