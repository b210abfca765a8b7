import { isJsonObject, type Json, type JsonObject } from "../../../src/connector-sdk/json.ts";

/** Whether the event is of this channel, or any is wanted. Some events name it, some hold it, some point to an item in it. */
export function isInChannel({ channel, item }: JsonObject, wanted: string | undefined): boolean {
  if (!wanted) return true;
  return channelId(channel) === wanted || (isJsonObject(item) && channelId(item.channel) === wanted);
}

function channelId(channel: Json | undefined): Json | undefined {
  return isJsonObject(channel) ? channel.id : channel;
}
