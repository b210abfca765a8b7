import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { AppError } from "../../domain/errors.ts";
import { defineCommand } from "../command.ts";
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
    if (existsSync(file)) throw new AppError("conflict", `${file} is already there; give another name.`);
    const storage = await context.loadStorage();
    if (storage.migrationState(dataDir) === "missing")
      throw new AppError("not_found", `There is no database in ${dataDir}; is DATA_DIR right?`);
    await storage.backupTo(dataDir, file);
    const problem = await storage.verifyBackup(file);
    if (problem !== null) throw new AppError("unavailable", `The backup ${file} is not usable: ${problem}`);
    await context.tell(
      `Wrote and verified ${file} (${statSync(file).size} bytes). It does not hold the encryption key.`,
    );
    return 0;
  },
});
