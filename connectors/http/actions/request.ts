import { defineAction } from "../../../src/connector-sdk/action.ts";
import { classifyResponse } from "../../../src/connector-sdk/classify-response.ts";
import { maskHeaders } from "../../../src/connector-sdk/mask-headers.ts";
import { readBody } from "../../../src/connector-sdk/read-body.ts";
import { buildRequest } from "../build-request.ts";
import { collectPages } from "../collect-pages.ts";
import { type RequestInput, requestFields } from "../request-fields.ts";

const HOUR_MS = 3_600_000;

/**
 * One HTTP request, or one for each page. Output: `{ status, headers, body }`, with paging also `pages` (how many
 * were read) and `truncated` (there were more), and all items in `body`. Values of sensitive response headers are
 * masked.
 */
export default defineAction({
  title: "Send a request",
  description: "Sends an HTTP request and gives its status, headers and body.",
  input: requestFields,
  effect: effectOf,
  keyTtlMs: ({ idempotencyTtlHours }) => idempotencyTtlHours * HOUR_MS,
  outputSample: {
    status: 200,
    headers: { "content-type": "application/json" },
    body: { id: 42, email: "ada@example.com" },
  },

  async run(context) {
    const { input } = context;
    const built = buildRequest(input, context.credential, context.idempotencyKey);
    if (input.paging !== undefined && input.paging.mode !== "none") {
      const { response, items, pages, truncated } = await collectPages(
        input.paging,
        input.responseType,
        built,
        context,
      );
      return { status: response.status, headers: maskHeaders(response.headers), body: items, pages, truncated };
    }
    const response = await context.request(built.request);
    const failure = input.neverFail ? null : classifyResponse(response, context.now());
    if (failure !== null) throw failure;
    return {
      status: response.status,
      headers: maskHeaders(response.headers),
      body: readBody(response, input.responseType),
    };
  },
});

/** By the method's meaning (RFC 9110 §9.2); a POST or PATCH is repeatable only under a key that the server honours. */
function effectOf({ method, idempotencyHeader }: RequestInput) {
  switch (method) {
    case "GET":
    case "HEAD":
    case "OPTIONS":
      return "safe";
    case "PUT":
    case "DELETE":
      return "upsert";
    case "POST":
    case "PATCH":
      return idempotencyHeader ? "keyed" : "unsafe";
  }
}
