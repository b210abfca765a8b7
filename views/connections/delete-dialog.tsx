import { Html } from "@elysiajs/html";
import { DialogButton, FormActions } from "../components/button.tsx";
import { Dialog, FormDialog } from "../components/dialog.tsx";
import { Checkbox } from "../components/field.tsx";

export interface DeleteDialogProps {
  readonly connection: { readonly id: string; readonly name: string };
  readonly usedBy: readonly { readonly id: string; readonly name: string }[];
  /** What was consented to is taken back; a credential that was typed in is only forgotten. */
  readonly isGranted: boolean;
  /** Triggers that are registered at the provider have to be taken away there first. */
  readonly leaves: boolean;
  readonly csrf: string;
}

const SHOWN_USERS = 8;

/** What is in use cannot be deleted: then it says what has to be done first instead of asking. */
export function DeleteDialog({ connection, usedBy, isGranted, leaves, csrf }: DeleteDialogProps): JSX.Element {
  const id = "delete-connection";
  if (usedBy.length === 0)
    return (
      <FormDialog
        id={id}
        title={`Delete ${connection.name}?`}
        text={`No workflow uses it.${isGranted ? " What was granted is taken back at the provider." : ""} This cannot be undone.`}
        action={`/connections/${connection.id}/delete`}
        confirmLabel="Delete the connection"
        csrf={csrf}
        danger
      >
        {leaves ? (
          <Checkbox
            name="leaveRegistered"
            label="Delete it now, also if the provider cannot be told"
            hint="The provider then goes on calling addresses that nobody answers, until somebody removes them there."
          />
        ) : (
          ""
        )}
      </FormDialog>
    );
  const shown = usedBy.slice(0, SHOWN_USERS);
  return (
    <Dialog id={id} title={`${connection.name} is in use`}>
      <p>Choose another connection in these workflows and publish them; then it can be deleted.</p>
      <ul class="plain-list">
        {shown.map((workflow) => (
          <li>
            <a href={`/workflows/${workflow.id}`} dir="auto" safe>
              {workflow.name}
            </a>
          </li>
        ))}
      </ul>
      {usedBy.length > shown.length ? <p class="faint" safe>{`and ${usedBy.length - shown.length} more`}</p> : ""}
      <FormActions>
        <DialogButton dialog={id} command="close" label="Close" />
      </FormActions>
    </Dialog>
  );
}
