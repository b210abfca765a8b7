import type { RateLimit } from "../../src/connector-sdk/rate-limit.ts";

const MINUTE_MS = 60_000;

/** https://developers.google.com/workspace/sheets/api/limits: of a project and of each of its users; no header tells them. */
export const rateLimits: readonly RateLimit[] = [
  { title: "Reads", scope: "connection", method: "read", requests: 60, perMs: MINUTE_MS },
  { title: "Writes", scope: "connection", method: "write", requests: 60, perMs: MINUTE_MS },
  { title: "Reads of the app", scope: "app", method: "read", requests: 300, perMs: MINUTE_MS },
  { title: "Writes of the app", scope: "app", method: "write", requests: 300, perMs: MINUTE_MS },
];
