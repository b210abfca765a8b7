import { Html } from "@elysiajs/html";
import type { Role } from "../../src/domain/permission.ts";
import type { Member } from "../../src/domain/user.ts";
import { Badge, Tag } from "../components/badge.tsx";
import { Button, CopyButton, DialogButton, FormActions } from "../components/button.tsx";
import { Dialog } from "../components/dialog.tsx";
import { SelectField, TextField } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { Pagination } from "../components/pagination.tsx";
import { SharedConfirm } from "../components/shared-confirm.tsx";
import { Table } from "../components/table.tsx";
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
        <span class="cell-title" dir="auto" safe>
          {user.name}
        </span>
        <span class="cell-note" dir="auto" safe>
          {user.email}
        </span>
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
    <div class="page-notice">
      <Notice tone="success" title={title}>
        <p>
          {kind === "invitation"
            ? "Pass this link on to them. It works once, for seven days, and is not shown again."
            : "Pass this link on to them. It works once, for a day, and is not shown again."}
        </p>
        <div class="copy-line">
          <code id="new-link" tabindex="0" safe>
            {address}
          </code>
          <CopyButton from="new-link" label="Copy the link" />
        </div>
      </Notice>
    </div>
  );
}

function InviteDialog({ csrf, entered, errors, roles }: MembersPageProps): JSX.Element {
  return (
    <Dialog id="invite" title="Invite somebody" open={Object.keys(errors).length > 0}>
      <Form action="/members/invitations" csrf={csrf}>
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
        <FormActions>
          <DialogButton dialog="invite" command="close" label="Cancel" />
          <Button kind="primary" label="Make the link" />
        </FormActions>
      </Form>
    </Dialog>
  );
}
