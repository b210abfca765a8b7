import { resolve } from "node:path";
import { AppError } from "../../domain/errors.ts";
import { defineCommand } from "../command.ts";
import { describeBackup } from "../describe-backup.ts";
import { requireSqlite } from "../require-sqlite.ts";

export const backup = defineCommand({
  details:
    "The copy is complete and consistent, also while the server runs, and is verified before the command succeeds. The\n" +
    "encryption key is not in it: keep ENCRYPTION_KEY, or the key file in DATA_DIR, in another safe place.",
  arguments: { file: { description: "Where to write; there must be no such file yet." } },
  options: {},
  async run(input, context) {
    const { dataDir } = requireSqlite(context);
    const file = resolve(input.arguments.file);
    const storage = await context.loadStorage();
    storage.backupTo(dataDir, file);
    const verdict = await storage.verifyBackup(file);
    if (!verdict.ok) throw new AppError("unavailable", `The backup ${file} is not usable. ${verdict.problem}`);
    await context.tell(`Wrote and verified ${file}: ${describeBackup(verdict)}. The encryption key is not in it.`);
    return 0;
  },
});
