/**
 * xss-scan lets a name, a cast or a place vouch for unescaped text. This check takes those ways out: escaping is done
 * with the `safe` attribute or `Html.escapeHtml`, or not at all.
 */
import { Glob } from "bun";
import ts from "typescript";

/** What xss-scan takes for an escaping call by its name alone (`ESCAPE_HTML_REGEX` of @kitajs/ts-html-plugin). */
const LOOKS_ESCAPED = /^(?:\w+\.)?(?:escapeHtml|e\s*`|escape)/i;
const IS_ESCAPED = /^Html\.(?:escapeHtml\(|e`)/;
const RENDERED_TYPES = ["JSX.Element", "Html.Children", '"safe"', "'safe'"];

/** One line a finding, `file:line message`. */
export function findJsxSuppressions(fileName: string, text: string): string[] {
  const file = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const findings: string[] = [];
  const visit = (node: ts.Node): void => {
    const message = suppressionIn(node);
    if (message)
      findings.push(`${fileName}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${message}`);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return findings;
}

function suppressionIn(node: ts.Node): string | undefined {
  if (ts.isIdentifier(node) && node.text.startsWith("safe") && !isAttributeOrMember(node)) {
    return `the name \`${node.text}\` would make xss-scan skip the value`;
  }
  if (ts.isAsExpression(node) && RENDERED_TYPES.includes(node.type.getText())) {
    return `the cast to ${node.type.getText()} would make xss-scan skip the value`;
  }
  if (
    ts.isJsxExpression(node) &&
    ts.isJsxElement(node.parent) &&
    node.parent.openingElement.tagName.getText() === "script"
  ) {
    return "xss-scan does not look inside <script>; pass data in an attribute instead";
  }
  if ((ts.isCallExpression(node) || ts.isTaggedTemplateExpression(node)) && isMerelyNamedEscaped(node.getText())) {
    return "only Html.escapeHtml(…) and Html.e`…` escape; xss-scan goes by the look of the name";
  }
  return undefined;
}

/** `<b safe>` and `schema.safeParse()` are no suppressions. */
function isAttributeOrMember(node: ts.Identifier): boolean {
  return ts.isJsxAttribute(node.parent) || (ts.isPropertyAccessExpression(node.parent) && node.parent.name === node);
}

function isMerelyNamedEscaped(text: string): boolean {
  return LOOKS_ESCAPED.test(text) && !IS_ESCAPED.test(text);
}

if (import.meta.main) {
  const files = [...new Glob("{src,connectors,views}/**/*.tsx").scanSync()];
  const findings = await Promise.all(files.map(async (name) => findJsxSuppressions(name, await Bun.file(name).text())));
  for (const finding of findings.flat()) process.stderr.write(`${finding}\n`);
  process.exitCode = findings.flat().length > 0 ? 1 : 0;
}
