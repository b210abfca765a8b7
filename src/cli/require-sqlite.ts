import { AppError } from "../domain/errors.ts";
import type { CommandConfig, CommandContext } from "./command-context.ts";
import { requireConfig } from "./with-services.ts";

/** For commands on the database's file; `unavailable` when the data is in Postgres, which has its own tools for that. */
export function requireSqlite(context: CommandContext): CommandConfig {
  const config = requireConfig(context);
  if (config.databaseUrl === null) return config;
  throw new AppError("unavailable", "The data is in Postgres (DATABASE_URL): use pg_dump and pg_restore.");
}
