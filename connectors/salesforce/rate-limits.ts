import type { RateLimit } from "../../src/connector-sdk/rate-limit.ts";

const DAY_MS = 86_400_000;

/**
 * The organisation's requests in any 24 hours; how many depends on edition and licences, and every answer tells:
 * `Sforce-Limit-Info: api-usage=18/15000`. https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_api_usage.htm
 */
export const rateLimits: readonly RateLimit[] = [
  {
    title: "Requests in 24 hours",
    scope: "connection",
    requests: 15_000,
    perMs: DAY_MS,
    readHeaders({ headers }) {
      const [, used, limit] = /(?:^|[ ,])api-usage=(\d+)\/(\d+)/.exec(headers["sforce-limit-info"] ?? "") ?? [];
      if (used === undefined || limit === undefined) return null;
      return { limit: Number(limit), remaining: Math.max(0, Number(limit) - Number(used)) };
    },
  },
];
