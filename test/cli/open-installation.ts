import { openTestStorage, type TestStorage } from "../test-storage.ts";
import type { Environment } from "./run-cli.ts";

/** A folder to type commands in, with the storage of the backend that is under test; a `Place` of `run-cli.ts`. */
export interface CliInstallation {
  readonly path: string;
  readonly env: Environment;
  readonly storage: TestStorage;
  /** For a test that spoils it; no server may be running. */
  copy(): Promise<CliInstallation>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Nothing has run there yet; with `isNew` there are no tables either, which on SQLite is always so. */
export async function openInstallation(isNew = false): Promise<CliInstallation> {
  return around(await openTestStorage(undefined, { isNew }));
}

function around(storage: TestStorage): CliInstallation {
  return {
    path: storage.dataDir,
    env: storage.environment,
    storage,
    copy: async () => around(await storage.copy()),
    [Symbol.asyncDispose]: () => storage.remove(),
  };
}
