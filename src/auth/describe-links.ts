import type { MailContent } from "../platform/mail/mail-content.ts";

export function describeInvitation(tenant: string, address: string): MailContent {
  return {
    subject: `You are invited to IntegrationSync (${tenant})`,
    heading: `You are invited to ${tenant}`,
    blocks: [
      { kind: "text", text: "Somebody there has invited you to IntegrationSync, where it connects its systems." },
      {
        kind: "text",
        text: "On the page that opens you choose your name and password. The link works once, for seven days.",
      },
      { kind: "action", label: "Open the invitation", href: address },
    ],
    footer: "If you do not know what this is about, leave it: nothing happens without you.",
  };
}

export function describeReset(tenant: string, address: string, lifetime: string, reason: string): MailContent {
  return {
    subject: "Choose a new password for IntegrationSync",
    heading: "Choose a new password",
    blocks: [
      { kind: "text", text: `With this link you choose a new password for your account in ${tenant}. ${reason}.` },
      {
        kind: "text",
        text: `It works once, for ${lifetime}. Your password stays as it is until you send the form that opens.`,
      },
      { kind: "action", label: "Choose a new password", href: address },
    ],
    footer: "If it was not you, leave it: nothing changes.",
  };
}
