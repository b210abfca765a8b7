/** A text cut into what stands for itself and the expressions between `{{` and `}}`. */
export type TemplateText =
  | { readonly ok: true; readonly parts: readonly TemplatePart[] }
  | { readonly ok: false; readonly message: string };
export type TemplatePart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "expression"; readonly source: string };

type PlacedTemplatePart =
  | Extract<TemplatePart, { kind: "text" }>
  | (Extract<TemplatePart, { kind: "expression" }> & { readonly start: number; readonly end: number });
type PlacedTemplateText =
  | { readonly ok: true; readonly parts: readonly PlacedTemplatePart[] }
  | Extract<TemplateText, { ok: false }>;

/**
 * `\{{` stands for a literal `{{`, and `\\{{` for a backslash before an expression. A `}}` outside an expression is
 * text. Inside, braces of map literals, and strings and comments that hold braces, do not end the expression.
 */
export function splitTemplate(text: string): TemplateText {
  const found = findExpressions(text);
  return found.ok ? { ok: true, parts: found.parts.map(withoutPlace) } : found;
}

/** The same, with where each expression stands: from after its `{{` to before its `}}`. */
export function findExpressions(text: string): PlacedTemplateText {
  const parts: PlacedTemplatePart[] = [];
  let literal = "";
  let at = 0;
  for (let open = text.indexOf("{{"); open !== -1; open = text.indexOf("{{", at)) {
    literal += text.slice(at, open);
    if (literal.endsWith("\\\\")) {
      literal = literal.slice(0, -1);
    } else if (literal.endsWith("\\")) {
      literal = `${literal.slice(0, -1)}{{`;
      at = open + 2;
      continue;
    }
    const close = findClose(text, open + 2);
    if (typeof close !== "number") return { ok: false, message: close.message };
    if (literal !== "") parts.push({ kind: "text", text: literal });
    parts.push({ kind: "expression", source: text.slice(open + 2, close).trim(), start: open + 2, end: close });
    literal = "";
    at = close + 2;
  }
  literal += text.slice(at);
  if (literal !== "") parts.push({ kind: "text", text: literal });
  return { ok: true, parts };
}

function withoutPlace(part: PlacedTemplatePart): TemplatePart {
  return part.kind === "text" ? part : { kind: "expression", source: part.source };
}

/** Offset of the `}}` that closes the expression which starts at `start`. */
function findClose(text: string, start: number): number | { readonly message: string } {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const character = text[at]!;
    if (character === '"' || character === "'") {
      const end = endOfString(text, at);
      if (end === -1) return { message: `the text that starts at character ${at + 1} with ${character} is not closed` };
      at = end;
    } else if (text.startsWith("//", at)) {
      at = endOfComment(text, at);
    } else if (depth === 0 && text.startsWith("}}", at)) {
      return at;
    } else {
      if (character === "{") depth += 1;
      if (character === "}") depth = Math.max(0, depth - 1);
      at += 1;
    }
  }
  return { message: `the "{{" at character ${start - 1} is never closed with "}}"; write \\{{ for a literal {{` };
}

/** As CEL's lexer reads strings: a backslash shields the next character in raw strings too; -1 when never closed. */
export function endOfString(text: string, start: number): number {
  const quote = text[start]!;
  const delimiter = text.startsWith(quote.repeat(3), start) ? quote.repeat(3) : quote;
  for (let at = start + delimiter.length; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text.startsWith(delimiter, at)) return at + delimiter.length;
    else if (delimiter === quote && text[at] === "\n") return -1;
  }
  return -1;
}

/** A comment ends with its line, and before a `}}`: in a template of one line it would swallow the end otherwise. */
export function endOfComment(text: string, start: number): number {
  const ends = [text.indexOf("\n", start), text.indexOf("}}", start)].filter((end) => end !== -1);
  return ends.length === 0 ? text.length : Math.min(...ends);
}
