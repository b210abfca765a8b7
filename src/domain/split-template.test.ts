import { expect, test } from "bun:test";
import { splitTemplate } from "./split-template.ts";

/** Expressions in angle brackets, texts plain. */
function show(text: string): string[] | string {
  const split = splitTemplate(text);
  if (!split.ok) return split.message;
  return split.parts.map((part) => (part.kind === "expression" ? `<${part.source}>` : part.text));
}

test("a text is cut at its expressions", () => {
  expect(show("Hi {{ a }}, {{b}}!")).toEqual(["Hi ", "<a>", ", ", "<b>", "!"]);
  expect(show("{{a}}{{b}}")).toEqual(["<a>", "<b>"]);
  expect(show("plain")).toEqual(["plain"]);
  expect(show("")).toEqual([]);
  expect(show("{{\n  a\n}}")).toEqual(["<a>"]);
});

test("braces, strings and comments inside an expression do not end it", () => {
  expect(show('{{ {"a": {"b": 1}} }}x')).toEqual(['<{"a": {"b": 1}}>', "x"]);
  expect(show('{{{"a":{"b":1}}}}')).toEqual(['<{"a":{"b":1}}>']);
  expect(show(`{{ "}}" + '}}' + "\\"}}" }}`)).toEqual([`<"}}" + '}}' + "\\"}}">`]);
  expect(show(`{{ """a"}}""" }}`)).toEqual([`<"""a"}}""">`]);
  expect(show("{{ r'\\'}}' }}")).toEqual(["<r'\\'}}'>"]);
  expect(show("{{ a // it's \"\n }}")).toEqual(["<a // it's \">"]);
  expect(show("{{ a // note }}x")).toEqual(["<a // note>", "x"]);
  expect(show("{{ 'http://x' }}")).toEqual(["<'http://x'>"]);
});

test("a brace too many is left to the parser, which says so", () => {
  expect(show("{{ a } }}")).toEqual(["<a }>"]);
  expect(show("{{ a }}}")).toEqual(["<a>", "}"]);
});

test("a backslash makes literal braces, two make a backslash", () => {
  expect(show("\\{{ a }}")).toEqual(["{{ a }}"]);
  expect(show("x \\{{ {{ a }}")).toEqual(["x {{ ", "<a>"]);
  expect(show("C:\\\\{{ a }}")).toEqual(["C:\\", "<a>"]);
  expect(show("C:\\temp")).toEqual(["C:\\temp"]);
  expect(show("}} alone")).toEqual(["}} alone"]);
});

test("what is never closed is an error that names its place", () => {
  expect(show("Hi {{ a")).toBe('the "{{" at character 4 is never closed with "}}"; write \\{{ for a literal {{');
  expect(show("{{ {'a': 1 }}")).toContain('the "{{" at character 1 is never closed');
  expect(show('{{ "abc }}')).toBe('the text that starts at character 4 with " is not closed');
  expect(show("{{ 'a\nb' }}")).toContain("the text that starts at character 4 with ' is not closed");
});
