import type { Delivery, DeliveryReply } from "../../src/connector-sdk/delivery.ts";
import { hmacMatches } from "../../src/connector-sdk/hmac-matches.ts";
import { isJsonObject, type Json, type JsonObject } from "../../src/connector-sdk/json.ts";
import type { AppEvent, AppEvents } from "../../src/connector-sdk/trigger.ts";
import { readRevocations } from "./read-revocations.ts";

/** Slack's own advice: an older delivery is somebody's recording. */
const TOLERANCE_MS = 5 * 60_000;

/** https://docs.slack.dev/apis/events-api and https://docs.slack.dev/authentication/verifying-requests-from-slack */
export const appEvents: AppEvents = {
  provider: "SLACK",
  secrets: [
    {
      name: "SIGNING_SECRET",
      title: "Signing secret",
      description: "On the app's page, under Basic Information → App Credentials. Needed for triggers only.",
    },
  ],
  verify,
  handshake,
  toEvents,
  toRevocations: (delivery) => readRevocations(readPayload(delivery)),
};

function verify(
  { headers, body }: Delivery,
  { secrets, nowMs }: { secrets: readonly string[]; nowMs: number },
): boolean {
  const timestamp = headers["x-slack-request-timestamp"] ?? "";
  if (!/^\d{1,11}$/.test(timestamp) || Math.abs(nowMs - Number(timestamp) * 1000) > TOLERANCE_MS) return false;
  const signature = headers["x-slack-signature"];
  return secrets.some((secret) =>
    hmacMatches({ secret, content: [`v0:${timestamp}:`, body], signature, prefix: "v0=" }),
  );
}

/** Slack asks once, when the address is entered on the app's page. */
function handshake(delivery: Delivery): DeliveryReply | null {
  const { type, challenge } = readPayload(delivery) ?? {};
  if (type !== "url_verification" || typeof challenge !== "string") return null;
  return { status: 200, headers: { "content-type": "text/plain" }, body: challenge };
}

function toEvents(delivery: Delivery): readonly AppEvent[] {
  const payload = readPayload(delivery);
  const event = payload?.event;
  if (payload?.type !== "event_callback" || !isJsonObject(event) || typeof event.type !== "string") return [];
  const { event_id, event_time, team_id } = payload;
  const body = { ...event, team_id: team_id ?? null, event_id: event_id ?? null, event_time: event_time ?? null };
  const id = typeof event_id === "string" ? event_id : null;
  return accountsOf(payload).map((accountId) => ({ accountId, id, type: String(event.type), body }));
}

/** Whose installations may see it: in a channel that workspaces share, not those of the workspace where it happened. */
function accountsOf({ authorizations, team_id }: JsonObject): readonly string[] {
  const installed = Array.isArray(authorizations) ? authorizations.filter((each: Json) => isJsonObject(each)) : [];
  const ids = installed.map(({ team_id, enterprise_id, is_enterprise_install }: JsonObject) =>
    is_enterprise_install === true ? enterprise_id : team_id,
  );
  const known = [...ids, ...(ids.length === 0 ? [team_id] : [])].filter((id) => typeof id === "string");
  return [...new Set(known)];
}

function readPayload({ body }: Delivery): JsonObject | null {
  try {
    const payload: unknown = JSON.parse(new TextDecoder().decode(body));
    return isJsonObject(payload) ? payload : null;
  } catch {
    return null;
  }
}
