import { Html } from "@elysiajs/html";
import { Button, FormActions, LinkButton } from "../components/button.tsx";
import type { FieldView } from "../components/fields/field-view.ts";
import { FieldsForm } from "../components/fields/fields-form.tsx";
import { Form } from "../components/form.tsx";
import { PageHeader } from "../components/page-header.tsx";

export interface CredentialPageProps {
  readonly connection: { readonly id: string; readonly name: string };
  readonly fields: readonly FieldView[];
  readonly others: readonly string[];
  /** What was entered is another account's: storing it takes a person's word that it is meant. */
  readonly isOtherAccount: boolean;
  readonly csrf: string;
}

/** Another credential for a connection whose credential is typed in. */
export function CredentialPage({ connection, fields, others, isOtherAccount, csrf }: CredentialPageProps): JSX.Element {
  return (
    <>
      <PageHeader
        title="New credential"
        lead="Takes the place of the one that is stored. Workflows keep using the connection, and runs that wait for it go on."
        trail={{ href: `/connections/${connection.id}`, label: connection.name }}
      />
      <section class="card connect">
        <div class="card-body">
          <Form action={`/connections/${connection.id}/credential`} csrf={csrf}>
            <FieldsForm fields={fields} others={others} />
            {isOtherAccount && (
              <p class="field field-boolean">
                <input type="checkbox" id="otherAccount" name="otherAccount" value="true" />
                <label for="otherAccount">The other account is meant. Enter the credential again.</label>
              </p>
            )}
            <FormActions>
              <LinkButton href={`/connections/${connection.id}`} label="Cancel" />
              <Button kind="primary" label="Store the credential" />
            </FormActions>
          </Form>
        </div>
      </section>
    </>
  );
}
