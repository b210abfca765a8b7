/* Parts of the actions' output samples. */

export const channelSample = {
  id: "C012AB3CD",
  name: "general",
  is_channel: true,
  is_archived: false,
  is_private: false,
  is_member: true,
  created: 1449252889,
  creator: "U012A3CDE",
  topic: { value: "Company-wide announcements", creator: "U012A3CDE", last_set: 1449252889 },
  purpose: { value: "What everybody should know", creator: "U012A3CDE", last_set: 1449252889 },
} as const;

export const userSample = {
  id: "U012A3CDE",
  team_id: "T012AB3C4",
  name: "ada",
  deleted: false,
  real_name: "Ada Lovelace",
  tz: "Europe/London",
  is_admin: false,
  is_bot: false,
  profile: { real_name: "Ada Lovelace", display_name: "ada", email: "ada@example.com" },
} as const;

export const messageSample = {
  type: "message",
  user: "U012A3CDE",
  text: "Order 4711 has been shipped :truck:",
  ts: "1503435956.000247",
} as const;
