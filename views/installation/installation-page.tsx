import { Html } from "@elysiajs/html";
import { Tag } from "../components/badge.tsx";
import { DialogButton, LinkButton } from "../components/button.tsx";
import { ShownOnce } from "../components/copy-line.tsx";
import { FormDialog } from "../components/dialog.tsx";
import { TextField } from "../components/field.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { Pagination } from "../components/pagination.tsx";
import { Table } from "../components/table.tsx";
import { Time } from "../components/time.tsx";

export interface InstallationPageProps {
  readonly tenants: readonly TenantLine[];
  readonly ownTenantId: string;
  /** Null: none is set up; undefined: the viewer may not look. */
  readonly mailVia: string | null | undefined;
  /** Just made; the link is shown to whoever made it, who passes it on. */
  readonly created: { readonly slug: string; readonly email: string; readonly address: string } | null;
  readonly errors: Readonly<Record<string, string>>;
  readonly entered: { readonly tenant: string; readonly email: string };
  readonly older: string | null;
  readonly newest: string | null;
  readonly csrf: string;
}

interface TenantLine {
  readonly id: string;
  readonly slug: string;
  readonly createdAt: number;
  readonly people: number;
}

const COLUMNS = [
  { label: "Tenant", class: "grow" },
  { label: "People", class: "narrow end" },
  { label: "Since", class: "narrow" },
];

export function InstallationPage(props: InstallationPageProps): JSX.Element {
  const { tenants, created, ownTenantId } = props;
  return (
    <>
      <PageHeader
        title="Installation"
        lead="The tenants of this server. Each has its own people, workflows and connections, and sees nothing of the others."
      >
        {props.mailVia === undefined ? (
          ""
        ) : (
          <LinkButton label={props.mailVia === null ? "Set up mail" : "Mail"} href="/settings/mail" />
        )}
        <DialogButton dialog="new-tenant" label="New tenant" icon="plus" kind="primary" />
      </PageHeader>
      {created ? <CreatedTenant {...created} /> : ""}
      <Table caption="Tenants, newest first" columns={COLUMNS}>
        {tenants.map((tenant) => (
          <tr>
            <td class="grow">
              <span class="cell-title" safe>
                {tenant.slug}
              </span>
              {tenant.id === ownTenantId ? <Tag label="Yours" /> : ""}
            </td>
            <td class="narrow end">
              <span class={tenant.people === 0 ? "faint" : undefined} safe>
                {tenant.people === 0 ? "Nobody yet" : String(tenant.people)}
              </span>
            </td>
            <td class="narrow soft">
              <Time at={tenant.createdAt} />
            </td>
          </tr>
        ))}
      </Table>
      <Pagination older={props.older} newest={props.newest} />
      <NewTenantDialog {...props} />
    </>
  );
}

function CreatedTenant({ slug, email, address }: NonNullable<InstallationPageProps["created"]>): JSX.Element {
  return (
    <ShownOnce title={`The tenant ${slug} is made`} id="new-link" text={address} label="Copy the link">
      <p>
        Pass this link on to <strong safe>{email}</strong>, who will own it. It works once, for seven days, and is not
        shown again.
      </p>
    </ShownOnce>
  );
}

function NewTenantDialog({ csrf, entered, errors }: InstallationPageProps): JSX.Element {
  return (
    <FormDialog
      id="new-tenant"
      title="New tenant"
      open={Object.keys(errors).length > 0}
      action="/installation/tenants"
      csrf={csrf}
      confirmLabel="Make the tenant"
    >
      <TextField
        name="tenant"
        label="Name of the organisation"
        hint="Its short name is made of it: Müller & Söhne becomes muller-sohne."
        value={entered.tenant}
        error={errors.tenant}
        maxlength={100}
        autocomplete="off"
      />
      <TextField
        name="email"
        type="email"
        label="E-mail address of its owner"
        value={entered.email}
        error={errors.email}
        autocomplete="off"
      />
    </FormDialog>
  );
}
