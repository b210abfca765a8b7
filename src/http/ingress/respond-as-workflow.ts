import type { RunResponse } from "../../domain/run.ts";

/**
 * Headers that a workflow's answer must not have. It comes from the origin that our own pages come from, and some
 * headers reach beyond their answer: cookies, what is said about the whole origin, what belongs to the connection, and what
 * a proxy in front takes for an order (it would answer with another page of ours, or with a file of its own).
 */
const WITHHELD: ReadonlySet<string> = new Set([
  "set-cookie",
  "clear-site-data",
  "strict-transport-security",
  "alt-svc",
  "nel",
  "report-to",
  "reporting-endpoints",
  "service-worker-allowed",
  "connection",
  "content-length",
  "keep-alive",
  "proxy-authenticate",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "x-accel-buffering",
  "x-accel-charset",
  "x-accel-expires",
  "x-accel-limit-rate",
  "x-accel-redirect",
  "x-lighttpd-send-file",
  "x-sendfile",
]);

/** RFC 9110 §6.4.1, §15.3.6: these have no body. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * The answer of a `respond` step: a text as `text/plain` unless the workflow names a type, null as no body, anything
 * else as JSON. `fixedHeaders` stand whatever the workflow says.
 */
export function respondAsWorkflow(response: RunResponse, fixedHeaders: Readonly<Record<string, string>>): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(response.headers)) setHeader(headers, name, value);
  for (const [name, value] of Object.entries(fixedHeaders)) headers.set(name, value);
  const { status, body } = response;
  if (WITHOUT_BODY.has(status) || body === null) return new Response(null, { status, headers });
  const isText = typeof body === "string";
  if (!headers.has("content-type"))
    headers.set("content-type", isText ? "text/plain; charset=utf-8" : "application/json");
  return new Response(isText ? body : JSON.stringify(body), { status, headers });
}

/** A value that comes from data may be none (a line break, a letter beyond Latin-1); it is left out, not a failure. */
function setHeader(headers: Headers, name: string, value: string): void {
  if (WITHHELD.has(name.toLowerCase())) return;
  try {
    headers.set(name, value);
  } catch {
    // The caller gets the rest of the answer.
  }
}
