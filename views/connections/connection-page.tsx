import { Html } from "@elysiajs/html";
import type { Connection, ConnectionEvent } from "../../src/domain/connection.ts";
import type { ParkedRun } from "../../src/domain/connection-store.ts";
import type { RegisteredTrigger } from "../../src/domain/subscription-store.ts";
import type { EntryView } from "../audit/audit-entry.ts";
import { Badge, Tag } from "../components/badge.tsx";
import { Button, DialogButton, LinkButton } from "../components/button.tsx";
import { FormDialog } from "../components/dialog.tsx";
import { Checkbox, TextField } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { Time } from "../components/time.tsx";
import { stateBadge } from "./connection-state.tsx";
import { type HeadroomView, Limits } from "./limits-card.tsx";

export interface ConnectionPageProps {
  readonly connection: Connection;
  readonly connectorTitle: string;
  readonly schemeTitle: string;
  /** Null for a credential that was typed in. */
  readonly oauth: { readonly grant: "authorization_code" | "client_credentials" } | null;
  readonly events: readonly ConnectionEvent[];
  readonly usedBy: readonly { readonly id: string; readonly name: string; readonly publishedVersion: number | null }[];
  readonly parked: { readonly count: number; readonly runs: readonly ParkedRun[] };
  readonly registered: readonly RegisteredTrigger[];
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
  const { connection, connectorTitle, mayWrite, csrf } = props;
  return (
    <>
      <PageHeader
        title={connection.name}
        lead={connection.account ? `${connectorTitle} · ${connection.account.label}` : connectorTitle}
        trail={{ href: "/connections", label: "Connections" }}
        badges={[stateBadge(connection)]}
      >
        {mayWrite ? <Actions {...props} /> : ""}
      </PageHeader>
      <Trouble {...props} />
      <div class="connection-health">
        <div class="stack">
          <Facts {...props} />
          <Events events={props.events} />
          {props.history ? <History id={connection.id} entries={props.history} /> : ""}
        </div>
        <div class="stack">
          <Users {...props} />
          <Limits headroom={props.headroom} />
        </div>
      </div>
      {mayWrite ? (
        <>
          <RenameDialog {...props} />
          <FormDialog
            id="delete-connection"
            title={`Delete ${connection.name}?`}
            text={deleteText(props)}
            action={`/connections/${connection.id}/delete`}
            confirmLabel="Delete the connection"
            csrf={csrf}
            danger
          >
            {leavingOf(props).length > 0 ? (
              <Checkbox
                name="leaveRegistered"
                label="Delete it now, also if the provider cannot be told"
                hint="The provider then goes on calling addresses that nobody answers, until somebody removes them there."
              />
            ) : (
              ""
            )}
          </FormDialog>
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

function Trouble({ connection, parked, mayWrite }: ConnectionPageProps): JSX.Element {
  const { state, problem } = connection;
  if (state === "ready" && problem === null) return "";
  const waits = parked.count === 1 ? "One run waits for it" : `${parked.count} runs wait for it`;
  const then = mayWrite ? "and goes on by itself after reconnecting." : "until somebody who may reconnects it.";
  return (
    <div class="page-notice">
      {state === "needs_reconnect" ? (
        <Notice tone="danger" title="Somebody has to reconnect it">
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
          <p>It is tried again by itself; the connection stays as it is.</p>
        </Notice>
      )}
    </div>
  );
}

function Facts({ connection, schemeTitle }: ConnectionPageProps): JSX.Element {
  const isBroken = connection.state === "needs_reconnect";
  const { account, scopes, expiresAt, refreshAt, refreshedAt, lastUsedAt, hosts, createdAt } = connection;
  return (
    <section class="card" aria-labelledby="facts-title">
      <div class="card-header">
        <h2 id="facts-title">Access</h2>
      </div>
      <div class="card-body">
        <dl class="facts">
          <dt>Account</dt>
          <dd dir="auto">
            {account ? <span safe>{account.label}</span> : <span class="faint">Not known; a test may tell</span>}
          </dd>
          <dt>Signed in by</dt>
          <dd safe>{schemeTitle}</dd>
          <dt>Scopes</dt>
          <dd>
            {scopes.length === 0 ? (
              <span class="faint">None</span>
            ) : (
              <span class="row">
                {scopes.map((scope) => (
                  <Tag label={scope} />
                ))}
              </span>
            )}
          </dd>
          <dt>Sent only to</dt>
          <dd class="mono" safe>
            {hosts.join(", ")}
          </dd>
          <dt>Last used</dt>
          <dd>{instant(lastUsedAt, "Never")}</dd>
          <dt>Last refresh</dt>
          <dd>{instant(refreshedAt, "Never")}</dd>
          <dt>Next refresh</dt>
          <dd>
            {instant(
              refreshAt,
              isBroken ? "After reconnecting" : expiresAt === null ? "Not needed" : "Never by itself",
            )}
          </dd>
          <dt>Access ends</dt>
          <dd>{isBroken ? <span class="faint">Ended</span> : instant(expiresAt, "Not known to end")}</dd>
          <dt>Connected</dt>
          <dd>{instant(createdAt, "")}</dd>
          <dt>Shared with</dt>
          <dd>All workflows of this workspace. Owners, administrators and builders may change it, viewers may look.</dd>
        </dl>
      </div>
    </section>
  );
}

function instant(at: number | null, otherwise: string): JSX.Element {
  return at === null ? (
    <span class="faint" safe>
      {otherwise}
    </span>
  ) : (
    <Time at={at} />
  );
}

/** What no workflow that uses it wants any more at the provider. */
function leavingOf({ registered, usedBy }: ConnectionPageProps): readonly RegisteredTrigger[] {
  return registered.filter(({ workflowId }) => !usedBy.some(({ id }) => id === workflowId));
}

function Leaving({ leaving }: { readonly leaving: readonly RegisteredTrigger[] }): JSX.Element {
  return (
    <div class="stack-tight">
      <h3>Being taken away at the provider</h3>
      <ul class="plain-list">
        {leaving.map(({ name, problem }) => (
          <li>
            <span dir="auto" safe>
              {name}
            </span>{" "}
            <span class="faint" safe>
              {problem === null ? "in a moment" : `tried again by itself: ${problem}`}
            </span>
          </li>
        ))}
      </ul>
      <p class="faint">The provider still calls their addresses, and only this connection can have it stop.</p>
    </div>
  );
}

function Users(props: ConnectionPageProps): JSX.Element {
  const { usedBy, parked } = props;
  const leaving = leavingOf(props);
  return (
    <section class="card" aria-labelledby="users-title">
      <div class="card-header">
        <h2 id="users-title">Used by</h2>
        <span class="faint" safe>
          {usedBy.length === 1 ? "1 workflow" : `${usedBy.length} workflows`}
        </span>
      </div>
      <div class="card-body stack">
        {usedBy.length === 0 ? (
          <p class="faint">No workflow uses it. It can be deleted without breaking anything.</p>
        ) : (
          <ul class="plain-list">
            {usedBy.map(({ id, name, publishedVersion }) => (
              <li>
                <a href={`/workflows/${id}`} dir="auto" safe>
                  {name}
                </a>{" "}
                {publishedVersion === null ? <Tag label="Draft" /> : ""}
              </li>
            ))}
          </ul>
        )}
        {usedBy.some(({ publishedVersion }) => publishedVersion !== null) ? (
          <p class="faint">Their runs would fail without it, so it can only be deleted once they no longer name it.</p>
        ) : (
          ""
        )}
        {leaving.length > 0 ? <Leaving leaving={leaving} /> : ""}
        {parked.count > 0 ? <Parked parked={parked} /> : ""}
      </div>
    </section>
  );
}

function Parked({ parked }: Pick<ConnectionPageProps, "parked">): JSX.Element {
  const { count, runs } = parked;
  return (
    <div class="stack-tight">
      <h3>
        Waiting runs <Badge tone="warning" label={String(count)} />
      </h3>
      <ul class="plain-list">
        {runs.map(({ runId, parkedAt }) => (
          <li>
            <a class="mono" href={`/runs/${runId}`} safe>
              {runId}
            </a>{" "}
            <span class="faint">
              since <Time at={parkedAt} />
            </span>
          </li>
        ))}
      </ul>
      {count > runs.length ? <p class="faint" safe>{`and ${count - runs.length} more`}</p> : ""}
    </div>
  );
}

const EVENTS = {
  refresh_failed: { tone: "warning", label: "Not renewed" },
  refused: { tone: "warning", label: "Call refused" },
  needs_reconnect: { tone: "danger", label: "Ended" },
  reconnected: { tone: "success", label: "Reconnected" },
  not_revoked: { tone: "warning", label: "Not taken back" },
  revoked: { tone: "success", label: "Taken back" },
  left_registered: { tone: "warning", label: "Left there" },
} as const;

function Events({ events }: Pick<ConnectionPageProps, "events">): JSX.Element {
  return (
    <section class="card" aria-labelledby="events-title">
      <div class="card-header">
        <h2 id="events-title">What happened lately</h2>
      </div>
      <div class="card-body">
        {events.length === 0 ? (
          <p class="faint">Nothing went wrong.</p>
        ) : (
          <ul class="plain-list events">
            {events.map(({ at, kind, message }) => (
              <li>
                <Badge {...EVENTS[kind]} />
                <span safe>{message}</span>
                <span class="faint">
                  <Time at={at} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}

const DEEDS: Readonly<Record<string, string>> = {
  "connection.created": "Connected",
  "connection.updated": "Changed",
  "connection.reconnected": "Reconnected",
  "connection.broken": "Access ended",
  "connection.tested": "Tested, and it works",
  "connection.test_failed": "Tested, and it does not work",
};

/** Who has connected it, tested it, changed it. */
function History({ id, entries }: { id: string; entries: readonly EntryView[] }): JSX.Element {
  return (
    <section class="card" aria-labelledby="history-title">
      <div class="card-header">
        <h2 id="history-title">Who did what</h2>
        <a href={`/audit?target=${id}`}>All of it in the audit log</a>
      </div>
      <div class="card-body">
        {entries.length === 0 ? (
          <p class="faint">Nothing is in the audit log about it.</p>
        ) : (
          <ul class="plain-list history-entries">
            {entries.map(({ action, sentence, lines, actor, at }) => (
              <li>
                <span class="history-what">
                  <span safe>{DEEDS[action] ?? sentence}</span>
                  {/* What it was made with stands above. */}
                  {(action === "connection.created" ? [] : lines).map((line) => (
                    <span class="faint" dir="auto" safe>
                      {line}
                    </span>
                  ))}
                </span>
                <span class="history-who" dir="auto" title={Html.escapeHtml(actor.id)} safe>
                  {actor.name}
                </span>
                <span class="faint">
                  <Time at={at} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
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

function deleteText({ usedBy, oauth }: ConnectionPageProps): string {
  if (usedBy.length > 0) {
    const names = usedBy.slice(0, 3).map(({ name }) => `“${name}”`);
    const more = usedBy.length > names.length ? ` and ${usedBy.length - names.length} more` : "";
    return `It is used by ${names.join(", ")}${more}, which would fail without it. Take it out of them and publish them first.`;
  }
  const taken = oauth ? " What was granted is taken back at the provider." : "";
  return `No workflow uses it.${taken} This cannot be undone.`;
}
