import type { ASTNode, Environment } from "@marcbachmann/cel-js";

export type ParsedExpression =
  | { readonly ok: true; readonly root: ASTNode }
  | { readonly ok: false; readonly message: string };

/** As long as the definition's schema allows a bare expression to be. */
const MAX_SOURCE_LENGTH = 20_000;
/** Bounds how deep the compiled closures call one another: `1+1+1+…` nests as deep as it has operators. */
const MAX_NODES = 2_000;
const MAX_DEPTH = 100;

/** Parses CEL text. Only cel-js's parser is used: docs/decisions/0003 says why the evaluator is our own. */
export function parseExpression(source: string): ParsedExpression {
  if (source.trim() === "") return { ok: false, message: "the expression is empty" };
  if (source.length > MAX_SOURCE_LENGTH) {
    return {
      ok: false,
      message: `the expression has ${source.length} characters; at most ${MAX_SOURCE_LENGTH} are allowed`,
    };
  }
  try {
    return { ok: true, root: loadParser().parse(source).ast };
  } catch (error) {
    return { ok: false, message: describeParseError(error, source) };
  }
}

/** "(at character 9, near `tigger.body`)"; characters count from 1. */
export function describePosition(source: string, start: number, end: number): string {
  const text = source.slice(start, Math.max(end, start + 1)).trim();
  const near = text.length > MAX_SNIPPET_LENGTH ? `${text.slice(0, MAX_SNIPPET_LENGTH)}…` : text;
  return near === "" ? `(at character ${start + 1})` : `(at character ${start + 1}, near \`${near}\`)`;
}
const MAX_SNIPPET_LENGTH = 60;

let parser: Environment | undefined;

function loadParser(): Environment {
  if (parser === undefined) {
    // Loaded with the first expression: importing it takes 10 ms, which every start of the server would pay.
    const cel = require("@marcbachmann/cel-js") as typeof import("@marcbachmann/cel-js");
    parser = new cel.Environment({
      enableOptionalTypes: true,
      limits: { maxAstNodes: MAX_NODES, maxDepth: MAX_DEPTH },
    });
  }
  return parser;
}

function describeParseError(error: unknown, source: string): string {
  if (error instanceof RangeError) return TOO_LARGE;
  if (!isParseError(error)) throw error;
  if (error.code === "limit_exceeded") return TOO_LARGE;
  const start = error.range?.start ?? 0;
  const character = source[start];
  const hint = character === undefined ? undefined : HINTS.get(character);
  const reason = error.summary.replaceAll(/\b[A-Z]{2,}\b/g, (token) => TOKENS.get(token) ?? token);
  const place = describePosition(source, start, Math.max(error.range?.end ?? 0, start + 10));
  return `${lowerFirst(reason)}${hint === undefined ? "" : `; ${hint}`} ${place}`;
}

const TOO_LARGE = "the expression is too large or nested too deeply; split it into several steps";

interface ParseError extends Error {
  readonly code: string;
  readonly summary: string;
  readonly range?: { readonly start: number; readonly end: number };
}

/** By name, not by class: the class would have to be imported, and with it the parser. */
function isParseError(error: unknown): error is ParseError {
  return error instanceof Error && error.name === "ParseError";
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** Slips of people who know JavaScript or a spreadsheet. */
const HINTS: ReadonlyMap<string, string> = new Map([
  ["=", "compare with =="],
  ["&", 'write && for "and", + to join texts'],
  ["|", 'write || for "or"'],
  ["`", "put texts in \"double\" or 'single' quotes"],
  ["“", 'put texts in straight quotes: "…"'],
  ["”", 'put texts in straight quotes: "…"'],
]);

/** The parser's names for what it reads, in words a builder knows. */
const TOKENS: ReadonlyMap<string, string> = new Map([
  ["EOF", "the end of the expression"],
  ["NUMBER", "a number"],
  ["STRING", "a text"],
  ["BYTES", "bytes"],
  ["BOOLEAN", "true or false"],
  ["NULL", "null"],
  ["IDENTIFIER", "a name"],
  ["PLUS", '"+"'],
  ["MINUS", '"-"'],
  ["MULTIPLY", '"*"'],
  ["DIVIDE", '"/"'],
  ["MODULO", '"%"'],
  ["EQ", '"=="'],
  ["NE", '"!="'],
  ["LT", '"<"'],
  ["LE", '"<="'],
  ["GT", '">"'],
  ["GE", '">="'],
  ["AND", '"&&"'],
  ["OR", '"||"'],
  ["NOT", '"!"'],
  ["IN", '"in"'],
  ["LPAREN", '"("'],
  ["RPAREN", '")"'],
  ["LBRACKET", '"["'],
  ["RBRACKET", '"]"'],
  ["LBRACE", '"{"'],
  ["RBRACE", '"}"'],
  ["DOT", '"."'],
  ["COMMA", '","'],
  ["COLON", '":"'],
  ["QUESTION", '"?"'],
]);
