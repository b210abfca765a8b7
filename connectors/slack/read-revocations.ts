import type { ConnectionCredential } from "../../src/connector-sdk/http-exchange.ts";
import { isJsonObject, type Json, type JsonObject } from "../../src/connector-sdk/json.ts";
import type { AppRevocation } from "../../src/connector-sdk/trigger.ts";

/**
 * https://docs.slack.dev/reference/events/tokens_revoked names the people and bots whose tokens are gone, and
 * https://docs.slack.dev/reference/events/app_uninstalled the workspace; in no certain order, mostly both.
 */
export function readRevocations(payload: JsonObject | null): readonly AppRevocation[] {
  const event = payload?.event;
  if (payload?.type !== "event_callback" || !isJsonObject(event)) return [];
  const { team_id, enterprise_id, is_enterprise_install, api_app_id, event_time } = payload;
  const accountId = is_enterprise_install === true ? enterprise_id : team_id;
  if (typeof accountId !== "string") return [];
  const at = typeof event_time === "number" ? event_time * 1000 : null;
  const isOfApp = ({ fields }: ConnectionCredential) => isSame(fields.appId, api_app_id);
  switch (event.type) {
    case "app_uninstalled":
      return [{ accountId, at, concerns: isOfApp, reason: "Slack says that the app was removed from the workspace." }];
    case "tokens_revoked": {
      const bots = isJsonObject(event.tokens) && Array.isArray(event.tokens.bot) ? event.tokens.bot : [];
      // Tokens of people (`oauth`) are none of ours: connections hold the bot's.
      if (bots.length === 0) return [];
      const concerns = (credential: ConnectionCredential) =>
        both(isOfApp(credential), isAmong(bots, credential.fields.botUserId));
      return [{ accountId, at, concerns, reason: "Slack says that the app's token was revoked." }];
    }
    default:
      return [];
  }
}

/** Null where the credential does not say: a token that somebody typed in. */
function isSame(known: Json | undefined, named: Json | undefined): boolean | null {
  return typeof known === "string" && typeof named === "string" ? known === named : null;
}

function isAmong(bots: readonly Json[], bot: Json | undefined): boolean | null {
  return typeof bot === "string" ? bots.includes(bot) : null;
}

function both(one: boolean | null, other: boolean | null): boolean | null {
  if (one === false || other === false) return false;
  return one === null || other === null ? null : true;
}
