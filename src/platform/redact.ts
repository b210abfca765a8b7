const MASK = "[redacted]";

/** A field with such a name never reaches a log, whatever it holds. */
const SECRET_NAME = /authorization|password|passphrase|secret|token|credential|cookie|api[-_]?key|private[-_]?key/i;

/** Deeper values, and what a cycle leads to, are cut off. */
const MAX_DEPTH = 8;

/**
 * A copy that can be written as JSON: secrets masked by the name of their field at any depth, errors with their stack
 * and their causes, and nothing that `JSON.stringify` throws on.
 */
export function redact(fields: object): Record<string, unknown> {
  return redactFields(fields, 0);
}

function redactFields(fields: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      SECRET_NAME.test(name) ? MASK : redactValue(value, depth + 1),
    ]),
  );
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  if (depth > MAX_DEPTH) return "[cut off]";
  if (value instanceof Error) return describeError(value, depth);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Map) return redactFields(Object.fromEntries(value), depth);
  if (Array.isArray(value) || value instanceof Set) return [...value].map((inner) => redactValue(inner, depth + 1));
  return redactFields(value, depth);
}

function describeError(error: Error, depth: number): Record<string, unknown> {
  const { name: type, message, stack, cause } = error;
  const causes = cause === undefined ? {} : { cause: redactValue(cause, depth + 1) };
  const errors = error instanceof AggregateError ? { errors: redactValue(error.errors, depth + 1) } : {};
  // Own fields last but one, so that none of them can stand in for the message or the stack.
  return { type, ...redactFields(error, depth), message, stack, ...errors, ...causes };
}
