/** `<target>; name=value; name="value", <target> …` (RFC 8288 §3): a link's target and its parameters together. */
const LINK = /<([^<>]*)>((?:\s*;\s*[\w!#$%&'*+.^`|~-]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",;]+))?)*)/g;
/** One of those parameters: name, quoted value, plain value. */
const PARAMETER = /;\s*([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]+)))?/g;

/** The target of the link with `rel=next` in a Link header, as written; null when there is none. */
export function readNextLink(header: string | undefined): string | null {
  for (const [, target, parameters] of (header ?? "").matchAll(LINK)) {
    if (target && relationsOf(parameters ?? "").includes("next")) return target;
  }
  return null;
}

/** A link may have several relations in one parameter; of a repeated parameter the first counts (§3.3). */
function relationsOf(parameters: string): readonly string[] {
  for (const [, name, quoted, plain] of parameters.matchAll(PARAMETER)) {
    if (name?.toLowerCase() === "rel") return (quoted ?? plain ?? "").toLowerCase().split(/\s+/);
  }
  return [];
}
