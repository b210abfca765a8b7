import type { Fields } from "../../src/connector-sdk/fields.ts";
import type { InputOf } from "../../src/connector-sdk/input-of.ts";

const pagingFields = {
  mode: {
    kind: "select",
    title: "Next page",
    default: "none",
    options: [
      { value: "none", title: "Only one page" },
      { value: "link_header", title: "Link header with rel=next" },
      { value: "next_url", title: "A URL in the body" },
      { value: "cursor", title: "A cursor in the body" },
      { value: "page", title: "Page number" },
      { value: "offset", title: "Offset" },
    ],
  },
  itemsPath: {
    kind: "text",
    title: "Items",
    description: "Path of the list in each page's body, such as data.items. Empty when the body is the list.",
    placeholder: "data.items",
    default: "",
    showWhen: { field: "mode", in: ["link_header", "next_url", "cursor", "page", "offset"] },
  },
  nextPath: {
    kind: "text",
    title: "Next URL or cursor",
    description: "Path in the body. There are no more pages when it is missing, null or empty.",
    placeholder: "meta.next",
    required: true,
    showWhen: { field: "mode", in: ["next_url", "cursor"] },
  },
  queryName: {
    kind: "text",
    title: "Query parameter",
    description: "The parameter that carries the cursor, the page number or the offset.",
    placeholder: "page",
    required: true,
    showWhen: { field: "mode", in: ["cursor", "page", "offset"] },
  },
  start: {
    kind: "number",
    title: "Start",
    description: "The first page's number (1 if empty) or offset (0 if empty).",
    integer: true,
    min: 0,
    showWhen: { field: "mode", in: ["page", "offset"] },
  },
  maxPages: {
    kind: "number",
    title: "At most",
    description: "Pages to read. The output's truncated says whether there were more.",
    integer: true,
    min: 1,
    max: 100,
    default: 100,
    showWhen: { field: "mode", in: ["link_header", "next_url", "cursor", "page", "offset"] },
  },
} as const satisfies Fields;

export const requestFields = {
  method: {
    kind: "select",
    title: "Method",
    default: "GET",
    options: [
      { value: "GET", title: "GET" },
      { value: "HEAD", title: "HEAD" },
      { value: "POST", title: "POST" },
      { value: "PUT", title: "PUT" },
      { value: "PATCH", title: "PATCH" },
      { value: "DELETE", title: "DELETE" },
      { value: "OPTIONS", title: "OPTIONS" },
    ],
  },
  url: { kind: "text", title: "URL", format: "url", required: true, placeholder: "https://api.example.com/leads" },
  query: { kind: "key_value", title: "Query parameters", description: "Added to those in the URL." },
  headers: {
    kind: "key_value",
    title: "Headers",
    description: "Put credentials into a connection instead: it is encrypted and sent only to its own hosts.",
  },
  bodyType: {
    kind: "select",
    title: "Body type",
    description: "JSON if empty and there is a body.",
    options: [
      { value: "none", title: "No body" },
      { value: "json", title: "JSON" },
      { value: "form", title: "Form" },
      { value: "multipart", title: "Multipart form with files" },
      { value: "text", title: "Text" },
      { value: "raw", title: "Raw bytes" },
    ],
  },
  body: {
    kind: "json",
    title: "Body",
    description:
      "JSON: any value. Form and multipart: an object, a list for a name that repeats; a file is { base64, contentType, filename }. Raw: base64 text, or a file.",
  },
  contentType: {
    kind: "text",
    title: "Content type",
    description: "text/plain or application/octet-stream if empty.",
    showWhen: { field: "bodyType", in: ["text", "raw"] },
  },
  responseType: {
    kind: "select",
    title: "Read the response as",
    default: "auto",
    options: [
      { value: "auto", title: "What its Content-Type says" },
      { value: "json", title: "JSON" },
      { value: "text", title: "Text" },
      { value: "base64", title: "Bytes (base64)" },
    ],
  },
  followRedirects: {
    kind: "boolean",
    title: "Follow redirects",
    description: "Only GET and HEAD follow them if empty. Credentials never go along to another host.",
  },
  neverFail: {
    kind: "boolean",
    title: "Succeed with any status",
    description: "4xx and 5xx answers become the output, too. Not while reading pages.",
    default: false,
  },
  idempotencyHeader: {
    kind: "text",
    title: "Idempotency header",
    description:
      "If the server honours such a header, name it: an interrupted call is then repeated with the same key instead of waiting for a person.",
    placeholder: "Idempotency-Key",
  },
  idempotencyTtlHours: {
    kind: "number",
    title: "Hours the server remembers the key",
    default: 24,
    min: 1,
    max: 8760,
  },
  paging: {
    kind: "object",
    title: "Paging",
    description: "Reads page after page and puts all items into body.",
    fields: pagingFields,
    showWhen: { field: "method", in: ["GET"] },
  },
} as const satisfies Fields;

export type RequestInput = InputOf<typeof requestFields>;
export type Paging = InputOf<typeof pagingFields>;
