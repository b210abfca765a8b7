import { Html } from "@elysiajs/html";
import { Tag } from "../components/badge.tsx";
import { Button } from "../components/button.tsx";
import { Form } from "../components/form.tsx";
import { Time } from "../components/time.tsx";

export interface InvitationLine {
  readonly id: string;
  readonly email: string;
  readonly role: string;
  readonly expiresAt: number;
}

export function InvitationRow({ invitation, csrf }: { invitation: InvitationLine; csrf: string }): JSX.Element {
  return (
    <tr>
      <td class="grow" dir="auto" safe>
        {invitation.email}
      </td>
      <td class="narrow">
        <Tag label={invitation.role} />
      </td>
      <td class="narrow soft">
        <Time at={invitation.expiresAt} />
      </td>
      <td class="narrow end">
        <Form action={`/members/invitations/${invitation.id}/withdraw`} csrf={csrf} class="row">
          <Button size="small" label="Withdraw" />
        </Form>
      </td>
    </tr>
  );
}
