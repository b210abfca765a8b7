import { Html } from "@elysiajs/html";
import type { Role } from "../../src/domain/permission.ts";
import type { Member } from "../../src/domain/user.ts";
import { Badge, Tag } from "../components/badge.tsx";
import { DialogButton } from "../components/button.tsx";
import { ShownOnce } from "../components/copy-line.tsx";
import { FormDialog } from "../components/dialog.tsx";
import { SelectField, TextField } from "../components/field.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { Pagination } from "../components/pagination.tsx";
import { SharedConfirm } from "../components/shared-confirm.tsx";
import { RowTitle, Table } from "../components/table.tsx";
import { Time } from "../components/time.tsx";
import { type InvitationLine, InvitationRow } from "./invitation-row.tsx";
import { MemberActions } from "./member-actions.tsx";

export interface MembersPageProps {
  readonly members: readonly Member[];
  readonly invitations: readonly InvitationLine[];
  /** Just made; it is shown to whoever made it, who passes it on. */
  readonly link: { readonly kind: "invitation" | "reset"; readonly who: string; readonly address: string } | null;
  readonly errors: Readonly<Record<string, string>>;
  readonly entered: { readonly email: string; readonly role: Role };
  readonly ownId: string;
  readonly mayWrite: boolean;
  /** Those that the viewer may give. */
  readonly roles: readonly Role[];
  /** The viewer is an operator of the installation. */
  readonly isOperator: boolean;
  readonly older: string | null;
  readonly newest: string | null;
  readonly csrf: string;
}

const COLUMNS = [
  { label: "Person", class: "grow" },
  { label: "Role", class: "narrow" },
  { label: "Signs in with", class: "narrow" },
  { label: "Since", class: "narrow" },
  { label: "Actions", class: "narrow end", hidden: true },
];
const INVITATION_COLUMNS = [
  { label: "Address", class: "grow" },
  { label: "Role", class: "narrow" },
  { label: "Ends", class: "narrow" },
  { label: "Actions", class: "narrow end", hidden: true },
];

export function MembersPage(props: MembersPageProps): JSX.Element {
  const { members, invitations, link, csrf, mayWrite } = props;
  return (
    <>
      <PageHeader
        title="Members"
        lead="Viewers look on, builders make workflows, administrators manage people and keys, owners decide how everybody signs in."
      >
        {mayWrite ? <DialogButton dialog="invite" label="Invite" icon="plus" kind="primary" /> : ""}
      </PageHeader>
      {link ? <NewLink {...link} /> : ""}
      <Table caption="Members, newest first" columns={COLUMNS}>
        {members.map((member) => (
          <MemberRow member={member} page={props} />
        ))}
      </Table>
      <Pagination older={props.older} newest={props.newest} />
      {invitations.length === 0 ? (
        ""
      ) : (
        <section class="stack invited">
          <h2>Invited</h2>
          <Table caption="Invitations that were not accepted yet, newest first" columns={INVITATION_COLUMNS}>
            {invitations.map((invitation) => (
              <InvitationRow invitation={invitation} csrf={csrf} />
            ))}
          </Table>
        </section>
      )}
      {mayWrite ? <InviteDialog {...props} /> : ""}
      {mayWrite ? (
        <SharedConfirm
          id="remove-member"
          title="Remove from the workspace?"
          text="They are signed out at once. What they made stays. To keep them out for a while only, disable them."
          confirmLabel="Remove"
          csrf={csrf}
        />
      ) : (
        ""
      )}
    </>
  );
}

function MemberRow({ member, page }: { member: Member; page: MembersPageProps }): JSX.Element {
  const { user, role, hasTwoFactor, hasPassword } = member;
  const isChangeable = page.mayWrite && page.roles.includes(role) && (!user.isOperator || page.isOperator);
  return (
    <tr>
      <td class="grow">
        <RowTitle title={user.name} note={user.email} />
        {user.id === page.ownId ? <Tag label="You" /> : ""}
        {user.isOperator ? <Tag label="Operator" /> : ""}
        {user.disabledAt === null ? "" : <Badge tone="warning" label="Disabled" />}
      </td>
      <td class="narrow">
        <Tag label={role} />
      </td>
      <td class="narrow soft">
        {hasPassword ? "Password" : "Provider"}
        {hasTwoFactor ? " + two-factor" : ""}
      </td>
      <td class="narrow soft">
        <Time at={user.createdAt} />
      </td>
      <td class="narrow end">
        {isChangeable ? (
          <MemberActions
            member={member}
            isSelf={user.id === page.ownId}
            roles={page.roles}
            mayMakeOperators={page.isOperator}
            csrf={page.csrf}
          />
        ) : (
          ""
        )}
      </td>
    </tr>
  );
}

function NewLink({ kind, who, address }: NonNullable<MembersPageProps["link"]>): JSX.Element {
  const title = kind === "invitation" ? `The invitation for ${who} is made` : `${who} can choose a new password`;
  return (
    <ShownOnce title={title} id="new-link" text={address} label="Copy the link">
      <p>
        {kind === "invitation"
          ? "Pass this link on to them. It works once, for seven days, and is not shown again."
          : "Pass this link on to them. It works once, for a day, and is not shown again."}
      </p>
    </ShownOnce>
  );
}

function InviteDialog({ csrf, entered, errors, roles }: MembersPageProps): JSX.Element {
  return (
    <FormDialog
      id="invite"
      title="Invite somebody"
      open={Object.keys(errors).length > 0}
      action="/members/invitations"
      csrf={csrf}
      confirmLabel="Make the link"
    >
      <TextField
        name="email"
        type="email"
        label="E-mail address"
        value={entered.email}
        error={errors.email}
        autocomplete="off"
      />
      <SelectField
        name="role"
        label="Role"
        options={roles.map((role) => ({ value: role, label: role }))}
        value={entered.role}
      />
    </FormDialog>
  );
}
