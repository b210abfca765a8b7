/**
 * The one door through which JSON text from outside becomes a value.
 *
 * `JSON.parse` alone lets through three things that break code further in: nesting deep enough to overflow whatever
 * walks the value recursively, an own `__proto__` key that turns into a prototype the moment somebody copies the
 * object by assignment, and `1e999`, which becomes `Infinity` and would be written back as `null`. And one that makes two
 * ids one: a whole number beyond 2^53 is rounded. It is kept as the text of its digits (decision 22).
 */
export type ParsedJson =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string };

const DEFAULT_MAX_DEPTH = 100;
const MAX_PATH_LENGTH = 120;

/**
 * Parses RFC 8259 text. `maxDepth` is the number of lists and objects that may stand inside one another.
 * A refusal's `message` says what is wrong and where: line and column (both from 1) for text that is not JSON, a path
 * such as `items[3].name` for a value that is refused.
 */
export function parseJson(text: string, limits: { readonly maxDepth?: number } = {}): ParsedJson {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The engine's own message names no position and differs from one release to the next.
    return { ok: false, message: describeSyntaxError(text) };
  }
  const refusal = findRefusal(value, limits.maxDepth ?? DEFAULT_MAX_DEPTH);
  if (refusal !== null) return { ok: false, message: refusal };
  return { ok: true, value: LONG_NUMBER.test(text) ? (JSON.parse(text, keepDigits) as unknown) : value };
}

/** Sixteen digits or more that do not stand right behind a quote: rare, and reading with a reviver is slow. */
const LONG_NUMBER = /(?:^|[\s:,[-])[0-9]{16}/;
const WHOLE_NUMBER = /^-?[0-9]+$/;

/** A whole number that was rounded, as it was sent. Others, and those that a double writes just so, stay numbers. */
function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  const wasRounded =
    typeof value === "number" &&
    !Number.isSafeInteger(value) &&
    source !== undefined &&
    WHOLE_NUMBER.test(source) &&
    String(value) !== source;
  return wasRounded ? source : value;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Decodes UTF-8 without a leading byte order mark; null when the bytes are not UTF-8 (never U+FFFD for bad bytes). */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

/** A list or object on the way down to the value being looked at. */
interface Frame {
  readonly container: Record<string, unknown> | readonly unknown[];
  /** Null for a list. */
  readonly keys: readonly string[] | null;
  readonly length: number;
  /** Position of the next child to look at. */
  next: number;
}

/** Depth first over an explicit stack: its length is the depth, so it never grows beyond `maxDepth`. */
function findRefusal(root: unknown, maxDepth: number): string | null {
  const frames: Frame[] = [];
  let value = root;
  for (;;) {
    if (typeof value === "object" && value !== null) {
      if (frames.length === maxDepth) return `nested deeper than ${maxDepth} levels at ${pathTo(frames)}`;
      // `JSON.parse` defines an own property; `value.__proto__` could not tell it from the inherited accessor.
      if (Object.hasOwn(value, "__proto__")) return `the key "__proto__" is not allowed at ${pathTo(frames)}`;
      frames.push(openFrame(value));
    } else if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
      return `a number is too large for a 64-bit float at ${pathTo(frames)}`;
    }
    let frame = frames.at(-1);
    while (frame !== undefined && frame.next === frame.length) {
      frames.pop();
      frame = frames.at(-1);
    }
    if (frame === undefined) return null;
    value = childAt(frame, frame.next);
    frame.next += 1;
  }
}

function openFrame(container: object): Frame {
  if (Array.isArray(container)) return { container, keys: null, length: container.length, next: 0 };
  const keys = Object.keys(container);
  return { container: container as Record<string, unknown>, keys, length: keys.length, next: 0 };
}

function childAt(frame: Frame, index: number): unknown {
  if (frame.keys === null) return (frame.container as readonly unknown[])[index];
  return (frame.container as Record<string, unknown>)[frame.keys[index]!];
}

/** Written as in a definition's errors, `items[3].name`; cut short because the keys are the sender's. */
function pathTo(frames: readonly Frame[]): string {
  let path = "";
  for (const frame of frames) {
    const key = frame.keys?.[frame.next - 1];
    if (key === undefined) path += `[${frame.next - 1}]`;
    else if (!/^[A-Za-z_$][\w$]*$/.test(key)) path += `[${JSON.stringify(key)}]`;
    else path += path === "" ? key : `.${key}`;
    if (path.length > MAX_PATH_LENGTH) return `${path.slice(0, MAX_PATH_LENGTH)}…`;
  }
  return path === "" ? "the top level" : path;
}

function describeSyntaxError(text: string): string {
  const error = findSyntaxError(text);
  if (error === null) return "not valid JSON";
  const before = text.slice(0, error.offset);
  const line = before.split("\n").length;
  const column = error.offset - before.lastIndexOf("\n");
  return `${error.problem} at line ${line}, column ${column}`;
}

interface SyntaxProblem {
  /** Index of the first UTF-16 unit that cannot stand where it stands; the text's length when it ends too early. */
  readonly offset: number;
  readonly problem: string;
}

/** What may come next, in the words of the message; the loop below reads them as its states. */
type Expected = "value" | "value or ]" | "key" | "key or }" | ":" | ", or ]" | ", or }" | "end of the text";

const SCALAR = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;

/** Reads the text a second time, only after `JSON.parse` refused it, to say where. Null when it finds nothing wrong. */
function findSyntaxError(text: string): SyntaxProblem | null {
  const open: ("[" | "{")[] = [];
  let expected: Expected = "value";
  let offset = skipWhitespace(text, 0);

  while (offset < text.length) {
    const character = text[offset]!;
    const mayHoldValue: boolean = expected === "value" || expected === "value or ]";
    const mayHoldKey: boolean = expected === "key" || expected === "key or }";

    if (character === '"' && (mayHoldValue || mayHoldKey)) {
      const end = endOfString(text, offset);
      if (typeof end !== "number") return end;
      offset = end;
      expected = mayHoldKey ? ":" : afterValue(open);
    } else if ((character === "[" || character === "{") && mayHoldValue) {
      open.push(character);
      offset += 1;
      expected = character === "[" ? "value or ]" : "key or }";
    } else if ((character === "]" || character === "}") && expected.endsWith(`or ${character}`)) {
      open.pop();
      offset += 1;
      expected = afterValue(open);
    } else if (character === "," && expected.startsWith(",")) {
      offset += 1;
      expected = open.at(-1) === "[" ? "value" : "key";
    } else if (character === ":" && expected === ":") {
      offset += 1;
      expected = "value";
    } else {
      const end = mayHoldValue ? skip(SCALAR, text, offset) : offset;
      if (end === offset) return { offset, problem: `not valid JSON: expected ${expected}` };
      offset = end;
      expected = afterValue(open);
    }
    offset = skipWhitespace(text, offset);
  }
  if (expected === "end of the text") return null;
  return { offset, problem: `not valid JSON: the text ends where ${expected} is expected` };
}

function afterValue(open: readonly ("[" | "{")[]): Expected {
  const innermost = open.at(-1);
  if (innermost === undefined) return "end of the text";
  return innermost === "[" ? ", or ]" : ", or }";
}

const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** The index after the closing quote. Scanned by hand: a pattern over a megabyte of text can exhaust the matcher. */
function endOfString(text: string, start: number): number | SyntaxProblem {
  let offset = start + 1;
  while (offset < text.length) {
    const character = text[offset]!;
    if (character === '"') return offset + 1;
    if (character < " ") return { offset, problem: "not valid JSON: a control character inside a string" };
    if (character === "\\") {
      const end = skip(ESCAPE, text, offset);
      if (end === offset) return { offset, problem: "not valid JSON: an unknown escape inside a string" };
      offset = end;
    } else {
      offset += 1;
    }
  }
  return { offset, problem: "not valid JSON: the text ends inside a string" };
}

function skipWhitespace(text: string, start: number): number {
  let offset = start;
  while (offset < text.length && " \t\n\r".includes(text[offset]!)) offset += 1;
  return offset;
}

/** The index after a sticky pattern's match at `offset`; `offset` itself when it does not match. */
function skip(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset;
  return pattern.test(text) ? pattern.lastIndex : offset;
}
