import type { CommandConfig, CommandContext, DatabaseVerdict, KeyVerdict } from "../command-context.ts";
import type { Finding } from "./finding.ts";

export async function checkEncryptionKey(
  config: CommandConfig,
  context: CommandContext,
  database: DatabaseVerdict,
): Promise<Finding> {
  const check = "encryption key";
  const source = config.encryptionKeys === null ? "the key file in DATA_DIR" : "ENCRYPTION_KEY";
  // Asking again would only wait for the same answer.
  const verdict: KeyVerdict =
    database.state === "unreachable" ? { kind: "unchecked" } : await context.checkEncryptionKey();
  switch (verdict.kind) {
    case "fits":
      return { check, verdict: "ok", says: `${source} opens the stored credentials` };
    case "unused":
      return { check, verdict: "ok", says: `${source} will be used from the first start on` };
    case "unchecked":
      return { check, verdict: "ok", says: `${source} can be checked when the database can be read and is up to date` };
    case "unusable":
      return { check, verdict: "fail", says: verdict.message };
  }
}
