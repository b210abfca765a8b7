import { Html } from "@elysiajs/html";
import type { Connection, ConnectionEvent } from "../../src/domain/connection.ts";
import type { EntryView } from "../audit/audit-entry.ts";
import type { BadgeProps } from "../components/badge.tsx";
import { Button, DialogButton, LinkButton } from "../components/button.tsx";
import { FormDialog } from "../components/dialog.tsx";
import { TextField } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { Time } from "../components/time.tsx";
import { AccessCard } from "./access-card.tsx";
import { stateBadge } from "./connection-state.tsx";
import { DeleteDialog } from "./delete-dialog.tsx";
import { EventsCard, HistoryCard } from "./happenings.tsx";
import { type HeadroomView, Limits } from "./limits-card.tsx";
import { type ConnectionUsersProps, leavingOf, UsersCard } from "./users-card.tsx";

export interface ConnectionPageProps extends ConnectionUsersProps {
  readonly connection: Connection;
  readonly connectorTitle: string;
  readonly schemeTitle: string;
  /** Null for a credential that was typed in. */
  readonly oauth: { readonly grant: "authorization_code" | "client_credentials" } | null;
  readonly events: readonly ConnectionEvent[];
  readonly headroom: HeadroomView;
  /** Its newest entries of the audit log; null for those who may not read it. */
  readonly history: readonly EntryView[] | null;
  /** What was entered as a new name and is refused. */
  readonly renaming: { readonly name: string; readonly error: string } | null;
  readonly mayWrite: boolean;
  readonly csrf: string;
}

/** How a connection is, who depends on it, and everything that can be done about it. */
export function ConnectionPage(props: ConnectionPageProps): JSX.Element {
  const { connection, connectorTitle, mayWrite } = props;
  return (
    <>
      <PageHeader
        title={connection.name}
        lead={connection.account ? `${connectorTitle} · ${connection.account.label}` : connectorTitle}
        trail={{ href: "/connections", label: "Connections" }}
        badges={[stateBadge(connection), ...limitBadges(props.headroom)]}
      >
        {mayWrite ? <Actions {...props} /> : ""}
      </PageHeader>
      <Trouble {...props} />
      <div class="connection-health">
        <div class="stack">
          <AccessCard connection={connection} schemeTitle={props.schemeTitle} isGranted={props.oauth !== null} />
          <EventsCard events={props.events} isFine={connection.state === "ready"} />
          {props.history ? <HistoryCard id={connection.id} entries={props.history} /> : ""}
        </div>
        <div class="stack">
          <UsersCard {...props} />
          <Limits headroom={props.headroom} />
        </div>
      </div>
      {mayWrite ? (
        <>
          <RenameDialog {...props} />
          <DeleteDialog {...props} isGranted={props.oauth !== null} leaves={leavingOf(props).length > 0} />
        </>
      ) : (
        ""
      )}
    </>
  );
}

function Actions({ connection, oauth, csrf }: ConnectionPageProps): JSX.Element {
  const { id, state } = connection;
  const kind = state === "needs_reconnect" ? "primary" : "secondary";
  return (
    <>
      {state === "ready" ? (
        <Form action={`/connections/${id}/test`} csrf={csrf} class="row">
          <Button label="Test" icon="activity" />
        </Form>
      ) : (
        ""
      )}
      {oauth?.grant === "authorization_code" ? (
        <Form action={`/connections/${id}/reconnect`} csrf={csrf} class="row">
          <Button label="Reconnect" icon="rotate" kind={kind} />
        </Form>
      ) : oauth === null ? (
        <LinkButton href={`/connections/${id}/credential`} label="New credential" icon="key" kind={kind} />
      ) : (
        ""
      )}
      <DialogButton dialog="rename-connection" label="Rename" icon="pencil" />
      <DialogButton dialog="delete-connection" label="Delete" icon="trash" kind="danger" />
    </>
  );
}

/** Connected, and yet nothing goes out for a while. */
function limitBadges({ limits }: HeadroomView): readonly BadgeProps[] {
  return limits.some(({ frozenUntil }) => frozenUntil !== null) ? [{ tone: "warning", label: "Slowed down" }] : [];
}

function Trouble({ connection, oauth, parked, mayWrite }: ConnectionPageProps): JSX.Element {
  const { state, problem, refreshAt } = connection;
  if (state === "ready" && problem === null) return "";
  const waits = parked.count === 1 ? "One run waits for it" : `${parked.count} runs wait for it`;
  const mended = oauth === null ? "once a new credential is entered" : "after reconnecting";
  const then = mayWrite ? `and goes on by itself ${mended}.` : "until somebody who may reconnects it.";
  return (
    <div class="page-notice">
      {state === "needs_reconnect" ? (
        <Notice tone="danger" title={oauth === null ? "It needs a new credential" : "Somebody has to reconnect it"}>
          <p safe>{problem ?? "The provider no longer accepts the credential."}</p>
          <p safe>
            {parked.count > 0
              ? `${waits} ${parked.count === 1 ? then : then.replace("goes on by itself", "go on by themselves")} Schedules and polls pause meanwhile.`
              : "Schedules and polls pause meanwhile; new runs wait."}
          </p>
        </Notice>
      ) : (
        <Notice tone="warning" title="It could not be renewed the last time">
          <p safe>{problem}</p>
          <p>
            {"It is tried again by itself"}
            {refreshAt === null ? (
              ""
            ) : (
              <>
                {" "}
                <Time at={refreshAt} />
              </>
            )}
            ; the connection stays as it is.
          </p>
        </Notice>
      )}
    </div>
  );
}

function RenameDialog({ connection, renaming, csrf }: ConnectionPageProps): JSX.Element {
  return (
    <FormDialog
      id="rename-connection"
      title="Rename the connection"
      open={renaming !== null}
      action={`/connections/${connection.id}/rename`}
      csrf={csrf}
      confirmLabel="Rename"
    >
      <TextField
        name="name"
        label="Name"
        value={renaming?.name ?? connection.name}
        error={renaming?.error}
        maxlength={200}
        autocomplete="off"
      />
    </FormDialog>
  );
}
