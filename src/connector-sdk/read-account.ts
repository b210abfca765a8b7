import { ActionError } from "./action-error.ts";
import type { Account } from "./auth-scheme.ts";
import type { Json } from "./json.ts";

/** The account in an answer. Throws a final `ActionError` where it names none, as whatever stands in between may answer. */
export function readAccount(id: Json | undefined, label: Json | undefined): Account {
  const isNamed = (typeof id === "string" && id !== "") || typeof id === "number";
  if (isNamed) return { id: String(id), label: typeof label === "string" && label !== "" ? label : String(id) };
  throw new ActionError("final", "The answer does not say whose account it is.", { code: "unexpected_answer" });
}
