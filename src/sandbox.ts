/**
 * The sandbox process: runs untrusted code for the server that started it (`createCodeSandbox`), one job at a time,
 * and ends with it. Not a command for people.
 */

import { compileQuickJs } from "./engine/code-sandbox/quickjs-instance.ts";
import { runCode } from "./engine/code-sandbox/run-code.ts";
import { READY, type SandboxRequest } from "./engine/code-sandbox/sandbox-messages.ts";

/**
 * Code that blocks this thread would outlive a server that was killed, and keep a processor busy for ever: nobody is
 * left to stop it. This second thread stays awake and notices by the parent's id, which changes when it dies.
 */
const WATCH_PARENT = `
  const parent = process.ppid;
  setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, "SIGKILL"); }, 1000);
`;

function watchParent(): void {
  const url = URL.createObjectURL(new Blob([WATCH_PARENT], { type: "text/javascript" }));
  new Worker(url, { smol: true }).unref();
}

async function serve(send: (message: unknown) => void): Promise<void> {
  watchParent();
  process.on("disconnect", () => process.exit());
  process.on("message", async (request: SandboxRequest) => send(await runCode(request)));
  await compileQuickJs();
  send(READY);
}

const send = process.send?.bind(process);
if (send) await serve(send);
else {
  process.stderr.write("The code sandbox is started by the server itself; it is not a command.\n");
  process.exitCode = 2;
}
