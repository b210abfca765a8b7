/** However often something changes, a browser hears of it at most this often. */
const MIN_GAP_MS = 250;
/** Proxies cut what is silent for long, often after a minute. */
const HEARTBEAT_MS = 20_000;

export interface ChangeSource {
  /** Calls back on every change; gives the function that ends it. */
  readonly watch: (changed: () => void) => () => void;
  /** True when nothing will change any more: the stream ends, and the page stops listening. */
  readonly isOver: () => Promise<boolean>;
  /** The browser has gone. */
  readonly gone: AbortSignal;
  /** The server stops; it could not as long as streams are open. */
  readonly stopping: AbortSignal;
}

/**
 * Server-sent events that say *that* something has changed, not what: the page asks again for the part it shows, by
 * the same address and with the same rights as before. So a stream that outlives a session tells nothing.
 */
export function streamChanges({ watch, isOver, gone, stopping }: ChangeSource): Response {
  const encoder = new TextEncoder();
  let end = () => {};
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      let waiting: ReturnType<typeof setTimeout> | null = null;
      let isEnded = false;
      let toldAt = Number.NEGATIVE_INFINITY;
      const send = (text: string) => {
        if (!isEnded) controller.enqueue(encoder.encode(text));
      };
      const tell = async () => {
        waiting = null;
        toldAt = performance.now();
        const over = await isOver().catch(() => true);
        send("event: changed\ndata: now\n\n");
        if (!over) return;
        send("event: over\ndata: now\n\n");
        end();
      };
      const changed = () => {
        if (isEnded || waiting) return;
        waiting = setTimeout(tell, Math.max(0, toldAt + MIN_GAP_MS - performance.now()));
      };
      const stopWatching = watch(changed);
      const heartbeat = setInterval(() => send(": still here\n\n"), HEARTBEAT_MS);
      end = () => {
        if (isEnded) return;
        isEnded = true;
        stopWatching();
        clearInterval(heartbeat);
        if (waiting) clearTimeout(waiting);
        gone.removeEventListener("abort", end);
        stopping.removeEventListener("abort", end);
        try {
          controller.close();
        } catch {
          // The browser was quicker.
        }
      };
      gone.addEventListener("abort", end);
      stopping.addEventListener("abort", end);
      if (gone.aborted || stopping.aborted) return end();
      // What changed between rendering the page and opening the stream would otherwise be missed.
      changed();
    },
    cancel: () => end(),
  });
  return new Response(body, { headers: { "content-type": "text/event-stream", "x-accel-buffering": "no" } });
}
