import type { RateLimit } from "../../src/connector-sdk/rate-limit.ts";

const MINUTE_MS = 60_000;

/** Requests a minute for each method of a tier: https://docs.slack.dev/apis/web-api/rate-limits */
const TIERS = { 2: 20, 3: 50, 4: 100 } as const;

const METHODS: Readonly<Record<string, keyof typeof TIERS>> = {
  "chat.update": 3,
  "chat.delete": 3,
  "chat.scheduleMessage": 3,
  "conversations.list": 2,
  "conversations.create": 2,
  "conversations.history": 3,
  "conversations.invite": 3,
  "conversations.join": 3,
  "conversations.open": 3,
  "conversations.setTopic": 2,
  "files.completeUploadExternal": 4,
  "reactions.add": 3,
  "users.info": 4,
  "users.list": 2,
  "users.lookupByEmail": 3,
};

/** Slack counts by method, app and workspace, and says nothing in its headers until a 429. */
export const rateLimits: readonly RateLimit[] = [
  // A tier of its own: about one a second in a channel, several hundred a minute in a workspace, short bursts taken.
  {
    title: "chat.postMessage",
    scope: "connection",
    method: "chat.postMessage",
    requests: 240,
    perMs: MINUTE_MS,
    burst: 20,
  },
  ...Object.entries(METHODS).map(
    ([method, tier]): RateLimit => ({
      title: method,
      scope: "connection",
      method,
      requests: TIERS[tier],
      perMs: MINUTE_MS,
      // "While allowing for occasional bursts of more requests": a person who looks for a channel is one.
      burst: TIERS[tier],
    }),
  ),
];
