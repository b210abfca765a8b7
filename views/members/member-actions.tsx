import { Html } from "@elysiajs/html";
import type { Role } from "../../src/domain/permission.ts";
import type { Member } from "../../src/domain/user.ts";
import { Button, DialogButton, FormActions } from "../components/button.tsx";
import { Dialog } from "../components/dialog.tsx";
import { SelectField } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { SharedConfirmButton } from "../components/shared-confirm.tsx";

export interface MemberActionsProps {
  readonly member: Member;
  readonly isSelf: boolean;
  readonly roles: readonly Role[];
  readonly mayMakeOperators: boolean;
  readonly csrf: string;
}

/** What can be done about one member: a dialog of its own for everything but removing. */
export function MemberActions({ member, isSelf, roles, mayMakeOperators, csrf }: MemberActionsProps): JSX.Element {
  const { user, role } = member;
  const dialog = `member-${user.id}`;
  const base = `/members/${user.id}`;
  return (
    <span class="row-actions">
      <DialogButton dialog={dialog} label={`Change ${user.name}`} icon="settings" iconOnly kind="quiet" size="small" />
      <SharedConfirmButton
        dialog="remove-member"
        action={`${base}/remove`}
        subject={user.email}
        label={`Remove ${user.email}`}
        icon="trash"
      />
      <Dialog id={dialog} title={user.name}>
        <Form action={`${base}/role`} csrf={csrf}>
          <SelectField
            name="role"
            id={`${dialog}-role`}
            label="Role"
            options={roles.map((each) => ({ value: each, label: each }))}
            value={role}
          />
          <FormActions>
            <Button kind="primary" label="Change the role" />
          </FormActions>
        </Form>
        <div class="row">
          <OneButton action={`${base}/reset-link`} csrf={csrf} label="Make a link for a new password" />
          {member.hasTwoFactor ? (
            <OneButton action={`${base}/two-factor-off`} csrf={csrf} label="Turn off two-factor" />
          ) : (
            ""
          )}
          {mayMakeOperators ? <Operating user={user} base={base} csrf={csrf} /> : ""}
          {isSelf ? "" : <Standing user={user} base={base} csrf={csrf} />}
        </div>
      </Dialog>
    </span>
  );
}

function Operating({ user, base, csrf }: { user: Member["user"]; base: string; csrf: string }): JSX.Element {
  return user.isOperator ? (
    <OneButton action={`${base}/unmake-operator`} csrf={csrf} label="No longer an operator" />
  ) : (
    <OneButton action={`${base}/make-operator`} csrf={csrf} label="Make an operator" />
  );
}

function Standing({ user, base, csrf }: { user: Member["user"]; base: string; csrf: string }): JSX.Element {
  return user.disabledAt === null ? (
    <OneButton action={`${base}/disable`} csrf={csrf} label="Disable" danger />
  ) : (
    <OneButton action={`${base}/enable`} csrf={csrf} label="Enable again" />
  );
}

interface OneButtonProps {
  readonly action: string;
  readonly csrf: string;
  readonly label: string;
  readonly danger?: boolean;
}

function OneButton({ action, csrf, label, danger }: OneButtonProps): JSX.Element {
  return (
    <Form action={action} csrf={csrf} class="row">
      <Button label={label} kind={danger ? "danger" : "secondary"} />
    </Form>
  );
}
