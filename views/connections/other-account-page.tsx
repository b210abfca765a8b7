import { Html } from "@elysiajs/html";
import { Button, FormActions, LinkButton } from "../components/button.tsx";
import { Form } from "../components/form.tsx";
import { PageHeader } from "../components/page-header.tsx";

export interface OtherAccountPageProps {
  readonly token: string;
  readonly connection: { readonly id: string; readonly name: string };
  readonly before: { readonly label: string };
  readonly now: { readonly label: string };
  readonly csrf: string;
}

/** Reconnecting gave another account than before: nothing is changed until a person says that it is meant. */
export function OtherAccountPage({ token, connection, before, now, csrf }: OtherAccountPageProps): JSX.Element {
  return (
    <>
      <PageHeader
        title="That is another account"
        lead="Nothing has changed yet."
        trail={{ href: `/connections/${connection.id}`, label: connection.name }}
      />
      <section class="card connect">
        <div class="card-body stack">
          <dl class="facts">
            <dt>Connected until now</dt>
            <dd dir="auto" safe>
              {before.label}
            </dd>
            <dt>You signed in as</dt>
            <dd dir="auto" safe>
              {now.label}
            </dd>
          </dl>
          <p>
            Every workflow that uses this connection would work on the other account from now on. To keep the account,
            sign out at the provider and reconnect.
          </p>
          <Form action="/oauth/confirm" csrf={csrf}>
            <input type="hidden" name="token" value={token} />
            <FormActions>
              <LinkButton href={`/connections/${connection.id}`} label="Keep the account" />
              <Button kind="danger-fill" label="Use the other account" />
            </FormActions>
          </Form>
        </div>
      </section>
    </>
  );
}
