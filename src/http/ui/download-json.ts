import { type PageAnswer, respondWith } from "./page-answer.ts";

/** A value as a file; never shown by the browser as a page of ours. */
export function downloadJson(value: unknown): PageAnswer {
  const headers = { "content-type": "application/json; charset=utf-8", "content-disposition": "attachment" };
  return respondWith(new Response(`${JSON.stringify(value, null, 2)}\n`, { headers }));
}
