import { Html } from "@elysiajs/html";
import { Badge, Tag } from "../components/badge.tsx";
import { DialogButton } from "../components/button.tsx";
import { ShownOnce } from "../components/copy-line.tsx";
import { FormDialog } from "../components/dialog.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { Checkbox, SelectField, TextField } from "../components/field.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { Pagination } from "../components/pagination.tsx";
import { SharedConfirm, SharedConfirmButton } from "../components/shared-confirm.tsx";
import { Table } from "../components/table.tsx";
import { Time } from "../components/time.tsx";

export interface ApiKeyLine {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly isExpired: boolean;
  readonly lastUsedAt: number | null;
}

export interface ApiKeysPageProps {
  readonly keys: readonly ApiKeyLine[];
  /** The key that was just made, which is never shown again. */
  readonly created: { readonly name: string; readonly text: string } | null;
  readonly errors: Readonly<Record<string, string>>;
  readonly entered: { readonly name: string; readonly scopes: readonly string[]; readonly days: string };
  readonly older: string | null;
  readonly newest: string | null;
  readonly csrf: string;
  readonly mayWrite: boolean;
}

const COLUMNS = [
  { label: "Name", class: "grow" },
  { label: "May", class: "narrow" },
  { label: "Last used", class: "narrow" },
  { label: "Expires", class: "narrow" },
  { label: "Actions", class: "narrow end", hidden: true },
];

/** Keys that programs call the API with. */
export function ApiKeysPage(props: ApiKeysPageProps): JSX.Element {
  const { keys, created, csrf, mayWrite } = props;
  return (
    <>
      <PageHeader
        title="API keys"
        lead="Programs call this workspace's API with a key. Give each program its own, and no more than it needs."
      >
        {mayWrite ? <DialogButton dialog="new-key" label="New key" icon="plus" kind="primary" /> : ""}
      </PageHeader>
      {created ? <CreatedKey name={created.name} text={created.text} /> : ""}
      {keys.length === 0 ? (
        <EmptyState
          icon="key"
          title="No keys yet"
          text="Make one to start runs, read results or manage workflows from your own programs."
        >
          {mayWrite ? <DialogButton dialog="new-key" label="New key" kind="primary" /> : ""}
        </EmptyState>
      ) : (
        <Table caption="API keys, newest first" columns={COLUMNS}>
          {keys.map((key) => (
            <KeyRow key_={key} mayWrite={mayWrite} />
          ))}
        </Table>
      )}
      <Pagination older={props.older} newest={props.newest} />
      {mayWrite ? <NewKeyDialog {...props} /> : ""}
      {mayWrite ? (
        <SharedConfirm
          id="delete-key"
          title="Delete this key?"
          text="Programs that use it are refused from now on. This cannot be undone."
          confirmLabel="Delete the key"
          csrf={csrf}
        />
      ) : (
        ""
      )}
    </>
  );
}

function CreatedKey({ name, text }: { name: string; text: string }): JSX.Element {
  return (
    <ShownOnce title={`The key “${name}” is made`} id="new-key-text" text={text} label="Copy the key">
      <p>Copy it now: it is not stored and cannot be shown again.</p>
    </ShownOnce>
  );
}

function KeyRow({ key_: key, mayWrite }: { key_: ApiKeyLine; mayWrite: boolean }): JSX.Element {
  return (
    <tr>
      <td class="grow">
        <span class="cell-title" dir="auto" safe>
          {key.name}
        </span>
        <span class="cell-note mono" safe>
          {`isk_${key.id.replace(/^key_/, "")}_…`}
        </span>
      </td>
      <td class="narrow">
        <span class="row-actions">
          {key.scopes.map((scope) => (
            <Tag label={scope} />
          ))}
        </span>
      </td>
      <td class="narrow soft">
        {key.lastUsedAt === null ? <span class="faint">Never</span> : <Time at={key.lastUsedAt} />}
      </td>
      <td class="narrow soft">
        <Expiry expiresAt={key.expiresAt} isExpired={key.isExpired} />
      </td>
      <td class="narrow end">
        {mayWrite ? (
          <SharedConfirmButton
            dialog="delete-key"
            action={`/api-keys/${key.id}/delete`}
            subject={key.name}
            label={`Delete ${key.name}`}
            icon="trash"
          />
        ) : (
          ""
        )}
      </td>
    </tr>
  );
}

function Expiry({ expiresAt, isExpired }: { expiresAt: number | null; isExpired: boolean }): JSX.Element {
  if (expiresAt === null) return <span class="faint">Never</span>;
  return isExpired ? <Badge tone="danger" label="Expired" /> : <Time at={expiresAt} />;
}

const LIFETIMES = [
  { value: "", label: "Never" },
  { value: "7", label: "In 7 days" },
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
];

function NewKeyDialog({ csrf, entered, errors }: ApiKeysPageProps): JSX.Element {
  return (
    <FormDialog
      id="new-key"
      title="New API key"
      open={Object.keys(errors).length > 0}
      action="/api-keys"
      csrf={csrf}
      confirmLabel="Make the key"
    >
      <TextField
        name="name"
        label="Name"
        hint="Say which program uses it; you will want to know before you delete it."
        value={entered.name}
        error={errors.name}
        maxlength={200}
        autocomplete="off"
      />
      <fieldset class="stack" aria-describedby={errors.scopes ? "scopes-error" : undefined}>
        <legend>What it may do</legend>
        <Checkbox
          name="scopes"
          id="scope-read"
          value="read"
          checked={entered.scopes.includes("read")}
          label="Read"
          hint="See workflows, runs, connections (never their credentials) and variables."
        />
        <Checkbox
          name="scopes"
          id="scope-write"
          value="write"
          checked={entered.scopes.includes("write")}
          label="Write"
          hint="Change workflows and connections, start and control runs."
        />
        {errors.scopes ? (
          <div class="field">
            <div class="error" id="scopes-error">
              Choose at least one.
            </div>
          </div>
        ) : (
          ""
        )}
      </fieldset>
      <SelectField name="days" label="Expires" options={LIFETIMES} value={entered.days} />
    </FormDialog>
  );
}
