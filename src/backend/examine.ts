import type { BackendOptions } from "./open.ts";

export interface ExaminedBackend {
  /** `empty`: never used. `unknown`: a newer version has written it. */
  readonly state: "empty" | "pending" | "current" | "unknown";
  /** How far this machine's clock is ahead of the database server's; null when that is this machine. */
  readonly clockAheadMs: number | null;
}

/** How `openBackend` would find what is stored. Changes nothing; rejects with `unavailable` when it is out of reach. */
export async function examineBackend({
  databaseUrl,
  dataDir,
}: Pick<BackendOptions, "databaseUrl" | "dataDir">): Promise<ExaminedBackend> {
  if (databaseUrl !== "") {
    const { examineDatabase } = await import("./postgres/examine-database.ts");
    return examineDatabase(databaseUrl);
  }
  const { examineFile } = await import("./sqlite/examine-file.ts");
  return { state: examineFile(dataDir), clockAheadMs: null };
}
