import type { MailBlock, MailContent } from "./mail-content.ts";

export interface RenderedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** The same content gives the same bytes, so that a repeat is recognised as one. */
export function renderMail(content: MailContent): RenderedMail {
  return { subject: oneLine(content.subject, MAX_SUBJECT), text: renderText(content), html: renderHtml(content) };
}

const MAX_SUBJECT = 180;
const MAX_LINE = 2_000;

/** Line breaks, other control characters, and what turns the reading direction of the text around it. */
const UNWANTED = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/** Somebody's text must not become a second header, nor a line of ours. */
function oneLine(text: string, maxLength = MAX_LINE): string {
  const line = text.toWellFormed().replace(UNWANTED, " ").replace(/ {2,}/g, " ").trim();
  return line.length > maxLength ? `${line.slice(0, maxLength - 1).toWellFormed()}…` : line;
}

// Text ----------------------------------------------------------------------------------------------------------------

function renderText({ heading, blocks, footer }: MailContent): string {
  const parts = [oneLine(heading), ...blocks.map(textOf), `-- \n${oneLine(footer)}`];
  return `${parts.join("\n\n")}\n`;
}

function textOf(block: MailBlock): string {
  switch (block.kind) {
    case "text":
      return oneLine(block.text);
    case "quote":
      return `> ${oneLine(block.text)}`;
    case "facts":
      return block.facts.map(([name, value]) => `${oneLine(name)}: ${oneLine(value)}`).join("\n");
    case "list": {
      const items = block.items.map(({ text, href }) => `- ${oneLine(text)}${href === null ? "" : `\n  ${href}`}`);
      return [oneLine(block.title), ...items].join("\n");
    }
    case "action":
      return `${oneLine(block.label)}:\n${block.href}`;
  }
}

// HTML ----------------------------------------------------------------------------------------------------------------

/** Mail programs that know no dark mode get the light colours; none of them loads anything from anywhere. */
const STYLE = `
  :root { color-scheme: light dark; }
  body { margin: 0; padding: 24px 12px; background: #f4f4f5; color: #18181b;
    font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
  main { max-width: 560px; margin: 0 auto; padding: 28px; background: #ffffff; border: 1px solid #e4e4e7; border-radius: 10px; }
  h1 { margin: 0 0 16px; font-size: 20px; line-height: 1.3; overflow-wrap: anywhere; }
  h2 { margin: 24px 0 8px; font-size: 15px; }
  p, li, td, th, blockquote { overflow-wrap: anywhere; }
  p { margin: 0 0 16px; }
  blockquote { margin: 0 0 16px; padding: 10px 14px; border-left: 3px solid #d97706; background: #fafaf9; color: #3f3f46; }
  table { margin: 0 0 16px; border-collapse: collapse; }
  th { padding: 3px 16px 3px 0; text-align: left; vertical-align: top; font-weight: 400; color: #52525b; }
  td { padding: 3px 0; vertical-align: top; }
  ul { margin: 0 0 16px; padding-left: 20px; }
  a { color: #1d4ed8; }
  a.action { display: inline-block; padding: 10px 18px; border-radius: 8px; background: #1d4ed8; color: #ffffff;
    font-weight: 600; text-decoration: none; }
  .address { font-size: 13px; color: #52525b; }
  footer { max-width: 560px; margin: 16px auto 0; padding: 0 28px; font-size: 13px; color: #52525b; }
  @media (prefers-color-scheme: dark) {
    body { background: #18181b; color: #f4f4f5; }
    main { background: #27272a; border-color: #3f3f46; }
    blockquote { background: #1f1f22; color: #d4d4d8; }
    th, .address, footer { color: #a1a1aa; }
    a { color: #93b4fd; }
    a.action { background: #3b5bdb; color: #ffffff; }
  }
  @media (max-width: 480px) { main { padding: 20px; } footer { padding: 0 20px; } }
`;

function renderHtml({ subject, heading, blocks, footer }: MailContent): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(oneLine(subject, MAX_SUBJECT))}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(oneLine(heading))}</h1>
${blocks.map(htmlOf).join("\n")}
</main>
<footer>${escapeHtml(oneLine(footer))}</footer>
</body>
</html>
`;
}

function htmlOf(block: MailBlock): string {
  switch (block.kind) {
    case "text":
      return `<p>${escapeHtml(oneLine(block.text))}</p>`;
    case "quote":
      return `<blockquote>${escapeHtml(oneLine(block.text))}</blockquote>`;
    case "facts": {
      const rows = block.facts.map(
        ([name, value]) =>
          `<tr><th scope="row">${escapeHtml(oneLine(name))}</th><td>${escapeHtml(oneLine(value))}</td></tr>`,
      );
      return `<table>${rows.join("")}</table>`;
    }
    case "list": {
      const items = block.items.map(({ text, href }) => {
        const shown = escapeHtml(oneLine(text));
        return `<li>${href === null ? shown : `<a href="${escapeHtml(href)}">${shown}</a>`}</li>`;
      });
      return `<h2>${escapeHtml(oneLine(block.title))}</h2><ul>${items.join("")}</ul>`;
    }
    case "action": {
      const href = escapeHtml(block.href);
      // Written out as well: some mail programs show no links, and people like to see where one leads.
      return `<p><a class="action" href="${href}">${escapeHtml(oneLine(block.label))}</a></p><p class="address">${href}</p>`;
    }
  }
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
