import { Html } from "@elysiajs/html";
import type { Connection } from "../../src/domain/connection.ts";
import { Tag } from "../components/badge.tsx";
import { Card } from "../components/card.tsx";
import { Time } from "../components/time.tsx";

/** What a connection gives access to, and for how long. */
export function AccessCard({
  connection,
  schemeTitle,
  isGranted,
}: {
  connection: Connection;
  schemeTitle: string;
  /** Else it was typed in: it is used as it is until somebody replaces it. */
  isGranted: boolean;
}): JSX.Element {
  const { account, scopes, lastUsedAt, hosts, createdAt } = connection;
  return (
    <Card id="facts-title" title="Access">
      <dl class="facts">
        <dt>Account</dt>
        <dd dir="auto">
          {account ? <span safe>{account.label}</span> : <span class="faint">Not known; a test may tell</span>}
        </dd>
        <dt>Signed in by</dt>
        <dd safe>{schemeTitle}</dd>
        {isGranted ? <Granted scopes={scopes} /> : ""}
        <dt>Sent only to</dt>
        <dd class="mono" safe>
          {hosts.join(", ")}
        </dd>
        <dt>Last used</dt>
        <dd>{instant(lastUsedAt, "Never")}</dd>
        {isGranted ? <Renewal {...connection} /> : ""}
        <dt>Connected</dt>
        <dd>{instant(createdAt, "")}</dd>
        <dt>Shared with</dt>
        <dd>All workflows of this workspace. Owners, administrators and builders may change it, viewers may look.</dd>
      </dl>
    </Card>
  );
}

function Granted({ scopes }: Pick<Connection, "scopes">): JSX.Element {
  return (
    <>
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
    </>
  );
}

function Renewal({ state, refreshedAt, refreshAt, expiresAt }: Connection): JSX.Element {
  const isBroken = state === "needs_reconnect";
  const never = isBroken ? "After reconnecting" : expiresAt === null ? "Not needed" : "Never by itself";
  return (
    <>
      <dt>Last refresh</dt>
      <dd>{instant(refreshedAt, "Never")}</dd>
      <dt>Next refresh</dt>
      <dd>{instant(refreshAt, never)}</dd>
      <dt>Access ends</dt>
      <dd>{isBroken ? <span class="faint">Ended</span> : instant(expiresAt, "Not known to end")}</dd>
    </>
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
