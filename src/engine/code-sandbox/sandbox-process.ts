import { parse } from "node:path";
import { READY, readReply, type SandboxReply, type SandboxRequest } from "./sandbox-messages.ts";

/** Generous, for a machine under heavy load; it takes about 50 ms. */
const START_LIMIT_MS = 15_000;

export type SandboxAnswer =
  | { readonly kind: "answered"; readonly reply: SandboxReply }
  | { readonly kind: "overran" }
  | { readonly kind: "died"; readonly reason: string };

export interface SandboxProcess {
  /** Sends one request and waits at most `limitMs` for the reply, from when the process is ready. One at a time. */
  ask(request: SandboxRequest, limitMs: number): Promise<SandboxAnswer>;
  /** Whether this process keeps the server's event loop alive. */
  keepAwake(awake: boolean): void;
  /** Kills it, whatever it is doing; resolves when it is gone. */
  end(): Promise<void>;
}

/** What the one request under way does when the process becomes ready, replies or ends. */
interface Asking {
  readonly send: () => void;
  readonly finish: (answer: SandboxAnswer) => void;
}

/**
 * A process, because nothing less can be stopped: `Worker.terminate()` leaves a WebAssembly loop running for ever
 * (seen with Bun 1.4.5), and QuickJS looks at the clock only between operations, of which a single one can take
 * minutes. The kill also gives the memory back, and the process holds no secret: neither our environment nor our
 * address space. Throws when the command cannot be started.
 */
export function startSandboxProcess(command: readonly string[]): SandboxProcess {
  let isReady = false;
  let asking: Asking | null = null;

  const child = Bun.spawn([...command], {
    // Not our working directory, where Bun would read .env and bunfig.toml.
    cwd: parse(process.execPath).root,
    env: { TZ: "UTC" },
    stdio: ["ignore", "ignore", "ignore"],
    serialization: "json",
    ipc(message: unknown) {
      if (isReady) return asking?.finish(answerOf(message));
      isReady = message === READY;
      if (isReady) asking?.send();
    },
    onExit: () => asking?.finish(death()),
  });

  function death(): SandboxAnswer {
    return { kind: "died", reason: String(child.signalCode ?? `exit code ${child.exitCode}`) };
  }

  return {
    ask: (request, limitMs) =>
      new Promise((resolve) => {
        const finish = (answer: SandboxAnswer) => {
          clearTimeout(timer);
          asking = null;
          resolve(answer);
        };
        const send = () => {
          clearTimeout(timer);
          timer = setTimeout(() => finish({ kind: "overran" }), limitMs);
          child.send(request);
        };
        let timer = setTimeout(() => finish({ kind: "died", reason: "it did not start in time" }), START_LIMIT_MS);
        asking = { send, finish };
        if (child.exitCode !== null || child.signalCode !== null) finish(death());
        else if (isReady) send();
      }),

    keepAwake(awake) {
      if (awake) child.ref();
      else child.unref();
    },

    async end() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

function answerOf(message: unknown): SandboxAnswer {
  const reply = readReply(message);
  return reply ? { kind: "answered", reply } : { kind: "died", reason: "it sent something that is not a reply" };
}
