/*
 * Imported by main.ts before all else: where it applies, everything up to here happens twice.
 *
 * On a host with 16 GB and more, the JavaScript engine lets its heap grow to several times of what lives in it before it
 * collects, because there is so much: a server that takes deliveries stood at up to 170 MB where 25 MB were in use. With the
 * growth that it has on smaller hosts it stays below 140, at the same cost. The engine reads the option as it starts and
 * never again, so the process replaces itself by itself, once, under the same id; that takes about ten milliseconds.
 *
 * Replicas on Postgres only: they are several to a host, and start beside others that serve meanwhile.
 */

const OPTION = "BUN_JSC_heapGrowthFunctionThresholdInMB";
/** No host has so much. */
const NEVER = "1000000000";

const isBinary = import.meta.dir.startsWith("/$bunfs");
const [, , command = "serve"] = process.argv;
const { DATABASE_URL = "", [OPTION]: given } = process.env;

if (isBinary && command === "serve" && DATABASE_URL !== "" && given === undefined && process.platform !== "win32")
  replaceProcess();

function replaceProcess(): void {
  try {
    process.execve?.(process.execPath, [process.execPath, ...process.argv.slice(2)], {
      ...process.env,
      [OPTION]: NEVER,
    });
  } catch {
    // Then it has the heap that it has.
  }
}
