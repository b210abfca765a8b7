import type { Arrival } from "../../auth/sessions.ts";
import type { Services } from "../services.ts";
import type { PageCall } from "./page-route.ts";

/** Whence the person in front of the page comes, as the audit log and the list of sessions tell it. */
export function arrivalOf({ request, headers }: Pick<PageCall, "request" | "headers">, services: Services): Arrival {
  return { address: services.addresses.of(request), userAgent: headers.get("user-agent") ?? "", headers };
}
