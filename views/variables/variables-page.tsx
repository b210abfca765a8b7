import { Html } from "@elysiajs/html";
import type { Json } from "../../src/domain/json.ts";
import { Button, DialogButton } from "../components/button.tsx";
import { FormDialog } from "../components/dialog.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { SelectField, TextField } from "../components/field.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { SharedConfirm, SharedConfirmButton } from "../components/shared-confirm.tsx";
import { Table } from "../components/table.tsx";
import { Time } from "../components/time.tsx";

export interface VariablesPageProps {
  readonly variables: readonly { readonly name: string; readonly value: Json; readonly updatedAt: number }[];
  readonly errors: Readonly<Record<string, string>>;
  readonly entered: { readonly name: string; readonly kind: string; readonly value: string };
  readonly csrf: string;
  readonly mayWrite: boolean;
}

const COLUMNS = [
  { label: "Name", class: "grow" },
  { label: "Changed", class: "narrow" },
  { label: "Actions", class: "narrow end", hidden: true },
];

/** Values that workflows of the workspace share, such as an address or a limit. */
export function VariablesPage(props: VariablesPageProps): JSX.Element {
  const { variables, csrf, mayWrite } = props;
  return (
    <>
      <PageHeader
        title="Variables"
        lead="Values that your workflows share, read as vars.name in expressions. Not for secrets: those belong in a connection."
      >
        {mayWrite ? <DialogButton dialog="variable" label="New variable" icon="plus" kind="primary" /> : ""}
      </PageHeader>
      {variables.length === 0 ? (
        <EmptyState
          icon="braces"
          title="No variables yet"
          text="Put what several workflows need, such as a base address or a limit, into one place, and change it there for all of them."
        >
          {mayWrite ? <DialogButton dialog="variable" label="New variable" kind="primary" /> : ""}
        </EmptyState>
      ) : (
        <Table caption="Variables" columns={COLUMNS}>
          {variables.map((variable) => (
            <VariableRow {...variable} mayWrite={mayWrite} />
          ))}
        </Table>
      )}
      {mayWrite ? <VariableDialog {...props} /> : ""}
      {mayWrite ? (
        <SharedConfirm
          id="delete-variable"
          title="Delete this variable?"
          text="Workflows that read it fail at that step from now on."
          confirmLabel="Delete the variable"
          csrf={csrf}
        />
      ) : (
        ""
      )}
    </>
  );
}

function VariableRow({
  name,
  value,
  updatedAt,
  mayWrite,
}: {
  name: string;
  value: Json;
  updatedAt: number;
  mayWrite: boolean;
}): JSX.Element {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return (
    <tr>
      <td class="grow">
        <span class="cell-title mono" safe>
          {name}
        </span>
        <span class="cell-note mono" dir="auto" safe>
          {text === "" ? "(empty)" : text}
        </span>
      </td>
      <td class="narrow soft">
        <Time at={updatedAt} />
      </td>
      <td class="narrow end">
        {mayWrite ? (
          <span class="row-actions">
            <EditButton name={name} value={value} />
            <SharedConfirmButton
              dialog="delete-variable"
              action={`/variables/${name}/delete`}
              subject={name}
              label={`Delete ${name}`}
              icon="trash"
            />
          </span>
        ) : (
          ""
        )}
      </td>
    </tr>
  );
}

/** The page's script puts the values into the dialog's form (`data-fill` in `app.js`). */
function EditButton({ name, value }: { name: string; value: Json }): JSX.Element {
  const isText = typeof value === "string";
  const fill = JSON.stringify({
    name,
    kind: isText ? "text" : "json",
    value: isText ? value : JSON.stringify(value, null, 2),
  });
  return (
    <Button
      type="button"
      kind="quiet"
      size="small"
      icon="pencil"
      iconOnly
      label={`Change ${name}`}
      attrs={{ command: "show-modal", commandfor: "variable", "data-fill": Html.escapeHtml(fill) }}
    />
  );
}

const KINDS = [
  { value: "text", label: "Text" },
  { value: "json", label: "JSON: a number, true or false, a list, an object" },
];

function VariableDialog({ csrf, entered, errors }: VariablesPageProps): JSX.Element {
  return (
    <FormDialog
      id="variable"
      title="Variable"
      open={Object.keys(errors).length > 0}
      action="/variables"
      csrf={csrf}
      confirmLabel="Save"
    >
      <TextField
        name="name"
        label="Name"
        hint="Letters, digits and _. A name that is there already gets the new value."
        value={entered.name}
        error={errors.name}
        mono
        spellcheck="false"
        autocomplete="off"
        maxlength={63}
      />
      <SelectField name="kind" label="Kind" options={KINDS} value={entered.kind} />
      <TextField
        name="value"
        label="Value"
        value={entered.value}
        error={errors.value}
        rows={4}
        mono
        spellcheck="false"
        optional
      />
    </FormDialog>
  );
}
