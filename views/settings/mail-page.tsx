import { Html } from "@elysiajs/html";
import type { ListedMail } from "../../src/domain/mail-store.ts";
import { Badge } from "../components/badge.tsx";
import { Button, FormActions } from "../components/button.tsx";
import { Card } from "../components/card.tsx";
import { Form } from "../components/form.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { Pagination } from "../components/pagination.tsx";
import { RowTitle, Table } from "../components/table.tsx";
import { Time } from "../components/time.tsx";

export interface MailPageProps {
  readonly setup: { readonly via: string; readonly from: string } | null;
  readonly mails: readonly ListedMail[];
  readonly ownEmail: string;
  readonly older: string | null;
  readonly newest: string | null;
  readonly csrf: string;
}

const COLUMNS = [
  { label: "Mail", class: "grow" },
  { label: "What the mail server said", class: "grow" },
  { label: "Since", class: "narrow" },
  { label: "Actions", class: "narrow end", hidden: true },
];

export function MailPage(props: MailPageProps): JSX.Element {
  const { mails, csrf } = props;
  return (
    <>
      <PageHeader
        title="Mail"
        lead="Whether it works, and what has not arrived: notices, invitations, links for a new password."
        trail={{ href: "/settings", label: "Settings" }}
      />
      <div class="stack">
        <SetUpCard {...props} />
        <section class="stack" aria-labelledby="undelivered">
          <h2 id="undelivered">Not delivered</h2>
          {mails.length === 0 ? (
            <p class="soft">
              {props.setup === null ? "None." : "The mail server has taken every mail of the last 30 days."}
            </p>
          ) : (
            <Table caption="Mails that were refused or wait for another try, newest first" columns={COLUMNS}>
              {mails.map((mail) => (
                <MailRow mail={mail} csrf={csrf} />
              ))}
            </Table>
          )}
          <Pagination older={props.older} newest={props.newest} />
        </section>
      </div>
    </>
  );
}

function SetUpCard({ setup, ownEmail, csrf }: MailPageProps): JSX.Element {
  if (setup === null)
    return (
      <Card id="set-up" title="Not set up">
        <p>
          Nobody is mailed. Whoever runs the server sets <code>MAIL_FROM</code>, and <code>SMTP_URL</code> or{" "}
          <code>RESEND_API_KEY</code>; until then invitations are passed on by hand, and failures stand on the pages and
          in the log.
        </p>
      </Card>
    );
  return (
    <Card id="set-up" title="Set up">
      <p>
        Mail goes out through <strong safe>{setup.via}</strong>, from <strong safe>{setup.from}</strong>.
      </p>
      <Form action="/settings/mail/test" csrf={csrf}>
        <FormActions>
          <Button label={`Send a test mail to ${ownEmail}`} />
        </FormActions>
      </Form>
    </Card>
  );
}

function MailRow({ mail, csrf }: { mail: ListedMail; csrf: string }): JSX.Element {
  const { id, recipient, subject, state, problem, dueAt, createdAt } = mail;
  return (
    <tr>
      <td class="grow">
        <RowTitle title={subject} note={recipient} />
      </td>
      <td class="grow">
        {state === "failed" ? <Badge tone="danger" label="Failed" /> : <Badge tone="warning" label="Waiting" />}{" "}
        <span class="soft break" safe>
          {problem ?? "Not tried yet."}
        </span>
        {state === "queued" && problem !== null && dueAt !== null ? (
          <span class="cell-note">
            Next try <Time at={dueAt} />
          </span>
        ) : (
          ""
        )}
      </td>
      <td class="narrow soft">
        <Time at={createdAt} />
      </td>
      <td class="narrow end">
        {state === "failed" ? (
          <Form action={`/settings/mail/${id}/retry`} csrf={csrf} class="row">
            <Button label="Send again" />
          </Form>
        ) : (
          ""
        )}
      </td>
    </tr>
  );
}
