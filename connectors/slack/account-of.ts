import type { Account } from "../../src/connector-sdk/auth-scheme.ts";
import { isJsonObject, type JsonObject } from "../../src/connector-sdk/json.ts";

/** Whose installation a token answer is for: a workspace, or a whole organisation (Enterprise Grid). */
export function accountOf({ is_enterprise_install, enterprise, team }: JsonObject): Account | null {
  const owner = is_enterprise_install === true ? enterprise : team;
  if (!isJsonObject(owner) || typeof owner.id !== "string") return null;
  return { id: owner.id, label: typeof owner.name === "string" ? owner.name : owner.id };
}
