import { AppError } from "../../domain/errors.ts";
import { createLog } from "../../platform/log.ts";
import { defineCommand } from "../command.ts";
import type { CommandConfig, CommandContext, RunningServer } from "../command-context.ts";
import { localAddress } from "../local-address.ts";
import { watchForBugs } from "../watch-for-bugs.ts";
import { requireConfig } from "../with-services.ts";

export const serve = defineCommand({
  details:
    "Stops on SIGTERM or SIGINT: it takes no more requests, waits SHUTDOWN_GRACE_MS for steps under way, hands back what\n" +
    "is not finished, and ends with 0. A second signal ends it at once. Nothing that was acknowledged is lost either way.\n" +
    "\n" +
    "While nobody can sign in, each start prints a link that works once: whoever opens it in a browser makes the first\n" +
    "account and owns the installation. Without a browser: tenant create, then user create or api-key create.",
  arguments: {},
  options: {},
  showsSettings: true,
  async run(_input, context) {
    const config = requireConfig(context);
    const log = createLog(config.logLevel);
    watchForBugs(log);
    const signal = nextStopSignal();

    // Listening comes first: it is what fails most often, and it says which port PORT=0 has become.
    const first = listen(config);
    const port = first.port ?? config.port;
    const leavesRequestsToOthers = config.databaseUrl !== null && config.port !== 0;
    if (leavesRequestsToOthers) await first.stop(true);
    const running = await context.startServer({ port, log });
    const listener = leavesRequestsToOthers ? await listenAgain(config, running) : first;
    listener.reload({ fetch: running.fetch });
    // Whether anybody reads the announcement is no reason to stop serving.
    await announce(context, config, running, port).catch((error: unknown) =>
      log.warn("the start could not be announced on standard output", { error }),
    );

    log.info("stopping", { signal: await signal });
    await drain(listener, running, config.shutdownGraceMs);
    log.info("stopped");
    return 0;
  },
});

type Listener = Bun.Server<undefined>;

function listen(config: CommandConfig): Listener {
  try {
    return Bun.serve({
      hostname: config.host,
      port: config.port,
      // A webhook whose caller waits for an answer lifts it for itself.
      idleTimeout: config.keepAliveSeconds,
      // Two servers on one port would share its requests without knowing of each other.
      reusePort: false,
      development: false,
      fetch: () => new Response("Starting.\n", { status: 503, headers: { "retry-after": "1" } }),
    });
  } catch (error) {
    throw new AppError("unavailable", describeListenFailure(error, config), { cause: error });
  }
}

/**
 * A replica is not there for anybody before it can serve: whoever shares requests between replicas goes on to the next
 * when a connection is refused, while a 503 would be an answer, and such a quick one that a starting replica drew most
 * requests to itself.
 */
async function listenAgain(config: CommandConfig, running: RunningServer): Promise<Listener> {
  try {
    return listen(config);
  } catch (error) {
    await running.stop(0);
    await running.close();
    throw error;
  }
}

function describeListenFailure(error: unknown, { host, port }: CommandConfig): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE")
    return `Port ${port} of ${host} is already in use: stop the other program, or give another PORT (0 takes any free one)`;
  if (code === "EACCES")
    return `Port ${port} needs more rights than this user has: give one from 1024 on, for example PORT=3000`;
  return `Cannot listen on port ${port} of HOST "${host}" (${error instanceof Error ? error.message : error}): give an address of this machine, for example HOST=127.0.0.1`;
}

async function announce(context: CommandContext, config: CommandConfig, running: RunningServer, port: number) {
  const lines = [
    `IntegrationSync is ready on ${localAddress(config.host, port)}`,
    `Data: ${config.databaseUrl === null ? config.dataDir : "Postgres"}`,
  ];
  // The link is stored before it is shown; a disk that takes nothing now must not hide that the server is there.
  const setupLink = await running.setupLink().catch((error: unknown) => error as Error);
  if (setupLink instanceof Error)
    lines.push(`The setup link could not be made: ${setupLink.message} Start again once that is mended.`);
  else if (setupLink !== null) lines.push(`Next, in a browser (this link works once): ${setupLink}`);
  await context.print(lines.join("\n"));
}

/** How long requests may still be answered after the runs have been handed back. */
const LAST_ANSWERS_MS = 2_000;
const LOOK_AGAIN_MS = 20;

async function drain(listener: Listener, running: RunningServer, graceMs: number): Promise<void> {
  // New connections are refused from here on; what is being answered goes on.
  const closed = listener.stop();
  await running.stop(graceMs);
  const deadline = performance.now() + LAST_ANSWERS_MS;
  while (listener.pendingRequests > 0 && performance.now() < deadline) await Bun.sleep(LOOK_AGAIN_MS);
  // Connections that are kept alive without a request would hold up the end for as long as they like.
  await listener.stop(true);
  await closed;
  await running.close();
}

/** The second signal ends the process at once: somebody is impatient, and the data is safe. */
function nextStopSignal(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let asked = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (asked) process.exit(1);
      asked = true;
      resolve(signal);
    });
  }
  return promise;
}
