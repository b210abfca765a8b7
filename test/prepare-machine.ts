import { userInfo } from "node:os";
import { browserProgram } from "./browser/launch-browser.ts";
import { createCluster } from "./postgres/test-postgres.ts";

/** Makes what workers that start together would each find missing on a new machine, and make at the same moment. */
export async function prepareMachine(): Promise<void> {
  await browserProgram();
  if (userInfo().uid !== 0 || process.env.TEST_DATABASE_URL) return;
  const { exitCode } = await Bun.$`id -u postgres`.quiet().nothrow();
  // The first cluster makes the user as whom it runs.
  if (exitCode !== 0) await (await createCluster()).stop();
}
