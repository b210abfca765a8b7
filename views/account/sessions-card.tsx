import { Html } from "@elysiajs/html";
import type { Session } from "../../src/domain/session-store.ts";
import { Badge } from "../components/badge.tsx";
import { Button } from "../components/button.tsx";
import { Card } from "../components/card.tsx";
import { Form } from "../components/form.tsx";
import { Table } from "../components/table.tsx";
import { Time } from "../components/time.tsx";
import { describeBrowser } from "./describe-browser.ts";

const COLUMNS = [
  { label: "Browser", class: "grow" },
  { label: "Address", class: "narrow" },
  { label: "Last used", class: "narrow" },
  { label: "Actions", class: "narrow end", hidden: true },
];

export interface SessionsCardProps {
  readonly sessions: readonly Session[];
  readonly current: string;
  readonly csrf: string;
}

export function SessionsCard({ sessions, current, csrf }: SessionsCardProps): JSX.Element {
  return (
    <Card id="sessions-card" title="Where you are signed in">
      <Table caption="Your sessions, newest first" columns={COLUMNS}>
        {sessions.map((session) => (
          <tr>
            <td class="grow">
              <span safe>{describeBrowser(session.userAgent)}</span>
              {session.id === current ? <Badge tone="info" label="This one" /> : ""}
            </td>
            <td class="narrow soft" safe>
              {session.address}
            </td>
            <td class="narrow soft">
              <Time at={session.lastSeenAt} />
            </td>
            <td class="narrow end">
              {session.id === current ? (
                ""
              ) : (
                <Form action={`/account/sessions/${session.id}/end`} csrf={csrf} class="row">
                  <Button size="small" label="Sign out" />
                </Form>
              )}
            </td>
          </tr>
        ))}
      </Table>
      <Form action="/account/sessions/end-others" csrf={csrf} class="row">
        <Button label="Sign out everywhere else" kind="danger" />
      </Form>
    </Card>
  );
}
