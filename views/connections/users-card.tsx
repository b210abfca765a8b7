import { Html } from "@elysiajs/html";
import type { ParkedRun } from "../../src/domain/connection-store.ts";
import type { RegisteredTrigger } from "../../src/domain/subscription-store.ts";
import { Badge, Tag } from "../components/badge.tsx";
import { Card } from "../components/card.tsx";
import { Time } from "../components/time.tsx";

export interface ConnectionUsersProps {
  readonly usedBy: readonly { readonly id: string; readonly name: string; readonly publishedVersion: number | null }[];
  readonly parked: { readonly count: number; readonly runs: readonly ParkedRun[] };
  readonly registered: readonly RegisteredTrigger[];
}

/** What no workflow that uses it wants any more at the provider. */
export function leavingOf({ registered, usedBy }: ConnectionUsersProps): readonly RegisteredTrigger[] {
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

/** Who depends on a connection: workflows, runs that wait for it, what stands at the provider through it. */
export function UsersCard(props: ConnectionUsersProps): JSX.Element {
  const { usedBy, parked } = props;
  const leaving = leavingOf(props);
  return (
    <Card
      id="users-title"
      title="Used by"
      aside={{ text: usedBy.length === 1 ? "1 workflow" : `${usedBy.length} workflows` }}
    >
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
      {usedBy.length > 0 ? (
        <p class="faint">They would fail without it, so it can only be deleted once none of them uses it.</p>
      ) : (
        ""
      )}
      {leaving.length > 0 ? <Leaving leaving={leaving} /> : ""}
      {parked.count > 0 ? <Parked parked={parked} usedBy={usedBy} /> : ""}
    </Card>
  );
}

function Parked({ parked, usedBy }: Pick<ConnectionUsersProps, "parked" | "usedBy">): JSX.Element {
  const { count, runs } = parked;
  const names = new Map(usedBy.map(({ id, name }) => [id, name]));
  return (
    <div class="stack-tight">
      <h3>
        Waiting runs <Badge tone="warning" label={String(count)} />
      </h3>
      <ul class="plain-list">
        {runs.map(({ runId, workflowId, parkedAt }) => (
          <li>
            <a href={`/runs/${runId}`} title={runId} dir="auto" safe>
              {names.get(workflowId) ?? runId}
            </a>{" "}
            <span class="faint">
              since <Time at={parkedAt} />
            </span>
          </li>
        ))}
      </ul>
      {count > runs.length ? <a href="/runs?status=waiting" safe>{`and ${count - runs.length} more`}</a> : ""}
    </div>
  );
}
