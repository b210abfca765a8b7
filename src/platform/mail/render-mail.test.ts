import { expect, test } from "bun:test";
import type { MailContent } from "./mail-content.ts";
import { renderMail } from "./render-mail.ts";

const HOSTILE = "</p><script>alert(1)</script>\"'&\r\nBcc: eve@example.com\r\n\u202egnp.exe";

const CONTENT: MailContent = {
  subject: HOSTILE,
  heading: HOSTILE,
  blocks: [
    { kind: "text", text: HOSTILE },
    { kind: "quote", text: HOSTILE },
    { kind: "facts", facts: [[HOSTILE, HOSTILE]] },
    { kind: "list", title: HOSTILE, items: [{ text: HOSTILE, href: `https://x.example/"><script>` }] },
    { kind: "action", label: HOSTILE, href: "https://x.example/a?b=1&c=2" },
  ],
  footer: HOSTILE,
};

test("a hostile text stays one line of text wherever it stands", () => {
  const { subject, text, html } = renderMail(CONTENT);
  expect(subject).not.toMatch(/[\r\n\u202e]/);
  expect(html).not.toContain("<script");
  expect(html).not.toContain("\u202e");
  expect(html.match(/<[a-z]+/g)).toEqual(renderMail(plain()).html.match(/<[a-z]+/g));
  expect(text).not.toMatch(/^Bcc:/m);
  expect(text.split("\n")).toHaveLength(renderMail(plain()).text.split("\n").length);
});

/** The same mail with a harmless word in each place. */
function plain(): MailContent {
  return JSON.parse(JSON.stringify(CONTENT), (_key, value) => (value === HOSTILE ? "word" : value)) as MailContent;
}

test("is the same each time, and short enough for a header", () => {
  const long = { ...CONTENT, subject: "🚀".repeat(500) };
  expect(renderMail(long)).toEqual(renderMail(long));
  expect(renderMail(long).subject.length).toBeLessThanOrEqual(180);
  expect(renderMail(long).subject.isWellFormed()).toBe(true);
});

test("text and HTML say the same and lead to the same places", () => {
  const { text, html } = renderMail({
    subject: "s",
    heading: "Heading",
    blocks: [
      { kind: "facts", facts: [["Runs", "3"]] },
      { kind: "list", title: "Workflows", items: [{ text: "Leads", href: "https://x.example/workflows/1" }] },
      { kind: "action", label: "Open", href: "https://x.example/connections/1" },
    ],
    footer: "Why",
  });
  expect(text).toBe(
    "Heading\n\nRuns: 3\n\nWorkflows\n- Leads\n  https://x.example/workflows/1\n\nOpen:\nhttps://x.example/connections/1\n\n-- \nWhy\n",
  );
  for (const href of ["https://x.example/workflows/1", "https://x.example/connections/1"])
    expect(html).toContain(`href="${href}"`);
});
