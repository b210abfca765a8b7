/** `value; name=parameter; name="quoted"`, the form of Content-Type (RFC 9110 §8.3.1) and Content-Disposition. */
export interface HeaderValue {
  /** What stands before the first `;`, in lower case. */
  readonly value: string;
  /** By lower-case name; of a repeated name the first counts, as the WHATWG MIME Sniffing standard has it. */
  readonly parameters: ReadonlyMap<string, string>;
}

const VALUE = /[ \t]*([\w!#$%&'*+.^`|~-]+(?:\/[\w!#$%&'*+.^`|~-]+)?)[ \t]*/y;
/** Unquoted values are read beyond RFC 9110's token: senders leave boundaries with `/`, `:` or `=` in them unquoted. */
const PARAMETER = /;[ \t]*(?:([\w!#$%&'*+.^`|~-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+)))?[ \t]*/y;

/** Null when the text does not have that form to its end. */
export function parseHeaderValue(text: string): HeaderValue | null {
  VALUE.lastIndex = 0;
  const value = VALUE.exec(text)?.[1];
  if (value === undefined) return null;

  const parameters = new Map<string, string>();
  PARAMETER.lastIndex = VALUE.lastIndex;
  while (PARAMETER.lastIndex < text.length) {
    const match = PARAMETER.exec(text);
    if (match === null) return null;
    const [, name, quoted, plain] = match;
    if (name === undefined || parameters.has(name.toLowerCase())) continue;
    // Only \" and \\ are escapes: browsers on Windows have sent `filename="C:\new.txt"`, which must not lose its \n.
    parameters.set(name.toLowerCase(), plain ?? quoted!.replace(/\\(["\\])/g, "$1"));
  }
  return { value: value.toLowerCase(), parameters };
}
