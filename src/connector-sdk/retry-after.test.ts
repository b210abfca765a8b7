import { expect, test } from "bun:test";
import { readRetryAfterMs } from "./retry-after.ts";

const NOW = Date.parse("2026-05-31T12:00:00Z");

test.each([
  ["seconds", { "retry-after": "120" }, 120_000],
  ["fractions of a second", { "retry-after": "0.25" }, 250],
  ["a date", { "retry-after": "Sun, 31 May 2026 12:01:30 GMT" }, 90_000],
  ["a date in the obsolete asctime form", { "retry-after": "Sun May 31 12:00:05 2026" }, 5_000],
  ["a date in the obsolete RFC 850 form", { "retry-after": "Sunday, 31-May-26 12:00:07 GMT" }, 7_000],
  ["a date that has passed", { "retry-after": "Sun, 31 May 2026 11:00:00 GMT" }, 0],
  [
    "a date by a server whose clock is ten minutes ahead",
    { "retry-after": "Sun, 31 May 2026 12:10:30 GMT", date: "Sun, 31 May 2026 12:10:00 GMT" },
    30_000,
  ],
  ["an absurd number", { "retry-after": "9999999999999999" }, 31 * 86_400_000],
  ["a reset in seconds since 1970", { "x-ratelimit-reset": String(NOW / 1000 + 60) }, 60_000],
  ["a reset in milliseconds since 1970", { "x-ratelimit-reset": String(NOW + 1500) }, 1_500],
  ["a reset in seconds from now", { "ratelimit-reset": "45" }, 45_000],
  ["a reset under its hyphenated name", { "x-rate-limit-reset": String(NOW / 1000 + 1) }, 1_000],
  ["Retry-After rather than the reset", { "retry-after": "1", "x-ratelimit-reset": "60" }, 1_000],
  ["the reset if Retry-After cannot be read", { "retry-after": "soon", "x-ratelimit-reset": "60" }, 60_000],
] as const)("reads %s", (_, headers, ms) => {
  expect(readRetryAfterMs(headers, NOW)).toBe(ms);
});

test.each([
  {},
  { "retry-after": "" },
  { "retry-after": "-5" },
  { "retry-after": "1 hour" },
  { "x-ratelimit-reset": "1s" },
])("says null for %j", (headers) => {
  expect(readRetryAfterMs(headers, NOW)).toBeNull();
});
