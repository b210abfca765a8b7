import type { ConnectionNotice, NoticedApp, NoticedConnection } from "../domain/connection-notice.ts";
import type { MailBlock, MailContent } from "../platform/mail/mail-content.ts";

const MAX_WORKFLOWS = 10;

/** What the people who can do something about it read. */
export function describeConnectionNotice({ about, problem }: ConnectionNotice, publicUrl: string): MailContent {
  return about.kind === "connection"
    ? describeConnection(about, problem, publicUrl)
    : describeApp(about, problem, publicUrl);
}

function describeConnection(about: NoticedConnection, problem: string, publicUrl: string): MailContent {
  const { id, name, provider, account, waiting, usedBy } = about;
  return {
    subject: `${name} (${provider}) has to be reconnected`,
    heading: `The connection “${name}” has to be reconnected`,
    blocks: [
      { kind: "text", text: `${provider} does not accept it any more. What it said:` },
      { kind: "quote", text: problem },
      {
        kind: "facts",
        facts: [
          ["Connection", name],
          ["System", provider],
          ...(account === null ? [] : ([["Account", account]] as const)),
          ["Runs waiting now", String(waiting)],
        ],
      },
      ...describeUse(usedBy, publicUrl),
      {
        kind: "text",
        text: "Until somebody reconnects it, runs that need it wait, and schedules and polls pause. Nothing is lost: afterwards they go on by themselves.",
      },
      { kind: "action", label: "Open the connection", href: `${publicUrl}/connections/${encodeURIComponent(id)}` },
    ],
    footer: FOOTER,
  };
}

function describeUse(usedBy: NoticedConnection["usedBy"], publicUrl: string): readonly MailBlock[] {
  if (usedBy.length === 0) return [{ kind: "text", text: "No workflow uses it." }];
  const items = usedBy
    .slice(0, MAX_WORKFLOWS)
    .map(({ id, name }) => ({ text: name, href: `${publicUrl}/workflows/${encodeURIComponent(id)}` }));
  const more = usedBy.length - items.length;
  if (more > 0) items.push({ text: `and ${more} more`, href: `${publicUrl}/workflows` });
  return [{ kind: "list", title: usedBy.length === 1 ? "The workflow that uses it" : "Workflows that use it", items }];
}

function describeApp({ name }: NoticedApp, problem: string, publicUrl: string): MailContent {
  return {
    subject: `The OAuth app of ${name} is refused`,
    heading: `The OAuth app of ${name} is refused`,
    blocks: [
      { kind: "text", text: "The provider does not accept the app that connections are made with. What it said:" },
      { kind: "quote", text: problem },
      {
        kind: "text",
        text: "Connections stay as they are, but none of them can be renewed until client id and secret are right. They are entered where such a connection is made, or set in the server's environment.",
      },
      { kind: "action", label: "Open connections", href: `${publicUrl}/connections` },
    ],
    footer: FOOTER,
  };
}

const FOOTER =
  "You get this because you look after connections in IntegrationSync, once each time one breaks. You can switch that off on your account page there.";
