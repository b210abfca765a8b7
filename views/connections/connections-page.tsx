import { Html } from "@elysiajs/html";
import type { Connection } from "../../src/domain/connection.ts";
import type { OAuthAppProblem } from "../../src/domain/oauth-store.ts";
import { Badge } from "../components/badge.tsx";
import { LinkButton } from "../components/button.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { Pagination } from "../components/pagination.tsx";
import { Table } from "../components/table.tsx";
import { Time } from "../components/time.tsx";
import { stateBadge } from "./connection-state.tsx";
import { ConnectorMark } from "./connector-mark.tsx";

export interface ConnectionsPageProps {
  readonly connections: readonly (Connection & { readonly connectorTitle: string })[];
  readonly problems: readonly AppProblemView[];
  readonly older: string | null;
  readonly newest: string | null;
  readonly mayWrite: boolean;
  readonly csrf: string;
}

export interface AppProblemView extends OAuthAppProblem {
  /** What people call the provider, and where its app is entered; null where no connection on the page says so. */
  readonly title: string;
  readonly href: string | null;
}

const COLUMNS = [
  { label: "Connection", class: "grow" },
  { label: "State", class: "narrow" },
  { label: "Next refresh", class: "narrow" },
  { label: "Last used", class: "narrow" },
];

/** The accounts at other systems that workflows work with. */
export function ConnectionsPage({ connections, problems, older, newest, mayWrite }: ConnectionsPageProps): JSX.Element {
  return (
    <>
      <PageHeader
        title="Connections"
        lead="Accounts at other systems that workflows of this workspace work with. One connection serves many workflows."
      >
        {mayWrite ? <LinkButton href="/connections/new" label="New connection" icon="plus" kind="primary" /> : ""}
      </PageHeader>
      {problems.map((problem) => (
        <AppProblem problem={problem} />
      ))}
      {connections.length === 0 ? (
        <EmptyState
          icon="plug"
          title="No connections yet"
          text="Connect an account, then use it in as many workflows as you like. Its credential is stored encrypted and never shown."
        >
          {mayWrite ? <LinkButton href="/connections/new" label="New connection" kind="primary" /> : ""}
        </EmptyState>
      ) : (
        <Table caption="Connections, newest first" columns={COLUMNS}>
          {connections.map((connection) => (
            <tr>
              <td class="grow">
                <span class="connection-line">
                  <ConnectorMark connector={connection.connector} />
                  <span>
                    <a class="row-link cell-title" href={`/connections/${connection.id}`} dir="auto" safe>
                      {connection.name}
                    </a>
                    <span class="cell-note" dir="auto" safe>
                      {connection.account
                        ? `${connection.connectorTitle} · ${connection.account.label}`
                        : connection.connectorTitle}
                    </span>
                  </span>
                </span>
              </td>
              <td class="narrow">
                <Badge {...stateBadge(connection)} />
              </td>
              <td class="narrow soft" data-label="Next refresh">
                {connection.refreshAt === null ? (
                  <span class="faint">
                    {connection.state === "needs_reconnect" ? "After reconnecting" : "Not needed"}
                  </span>
                ) : (
                  <Time at={connection.refreshAt} />
                )}
              </td>
              <td class="narrow soft" data-label="Last used">
                {connection.lastUsedAt === null ? (
                  <span class="faint">Never</span>
                ) : (
                  <Time at={connection.lastUsedAt} />
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      <Pagination older={older} newest={newest} />
    </>
  );
}

function AppProblem({ problem }: { problem: AppProblemView }): JSX.Element {
  const { provider, title, href, since } = problem;
  return (
    <div class="page-notice">
      <Notice tone="warning" title={`${title} refuses your app`}>
        <p safe>{problem.problem}</p>
        <p>
          {"Since "}
          <Time at={since} />. Its connections stay as they are and are tried again by themselves.{" "}
          {href === null ? "" : <a href={href}>Check the client id and secret</a>}
          <span safe>{href === null ? `Check the client id and secret (${provider}_CLIENT_ID).` : ""}</span>
        </p>
      </Notice>
    </div>
  );
}
