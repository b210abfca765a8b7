import type { DatabaseVerdict } from "../command-context.ts";
import type { Finding } from "./finding.ts";

export function checkDatabase(database: DatabaseVerdict): Finding {
  const check = "database";
  switch (database.state) {
    case "empty":
      return { check, verdict: "ok", says: "none yet; the first start makes it" };
    case "current":
      return { check, verdict: "ok", says: "up to date" };
    case "pending":
      return {
        check,
        verdict: "warn",
        says: "from an earlier version; the next start (or migrate) brings it up to date",
      };
    case "unknown":
      return { check, verdict: "fail", says: "from a newer version; install that one, or restore a backup" };
    case "unreachable":
      return { check, verdict: "fail", says: database.message };
  }
}
