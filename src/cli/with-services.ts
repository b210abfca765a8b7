import { AppError } from "../domain/errors.ts";
import type { CommandConfig, CommandContext, CommandServices } from "./command-context.ts";

/** The configuration, or `invalid` with the one line that says which variable to fix. */
export function requireConfig(context: CommandContext): CommandConfig {
  const read = context.readConfig();
  if (!read.ok) throw new AppError("invalid", read.message);
  return read.config;
}

/** Opens what a command works with and always closes it, so that the process can end. */
export async function withServices<T>(
  context: CommandContext,
  use: (services: CommandServices) => Promise<T>,
): Promise<T> {
  requireConfig(context);
  const services = await context.openServices();
  try {
    return await use(services);
  } finally {
    await services.close();
  }
}
