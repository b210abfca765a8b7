import { post } from "./installation.ts";

export interface Load {
  /** Every run that was promised by a 202, with the id of its delivery. */
  readonly acknowledged: ReadonlyMap<string, string>;
  /** Ids whose delivery was cut off: whether it was stored is not known. */
  readonly cutOff: ReadonlySet<string>;
  /** Answers other than 202, by what they said. */
  readonly refused: ReadonlyMap<string, number>;
  /** Resolves when the deliveries under way are answered. */
  stop(): Promise<void>;
}

/** One sender among several: where it delivers to and what, made anew for each delivery. */
export interface Sender {
  readonly url: () => string;
  readonly body: (id: string) => object;
  /** Begins the ids of its deliveries. */
  readonly name: string;
}

const GIVE_UP_AFTER_MS = 10_000;

/** Delivers under ever new ids, one after another per sender, whether a server is there or not. */
export function startLoad(senders: readonly Sender[], pauseMs: number): Load {
  const acknowledged = new Map<string, string>();
  const cutOff = new Set<string>();
  const refused = new Map<string, number>();
  let stopping = false;

  async function deliver(sender: Sender, id: string): Promise<void> {
    try {
      const response = await post(sender.url(), sender.body(id), AbortSignal.timeout(GIVE_UP_AFTER_MS));
      const text = await response.text();
      if (response.status === 202) acknowledged.set((JSON.parse(text) as { runId: string }).runId, id);
      else count(refused, `${response.status} ${text}`);
    } catch {
      cutOff.add(id);
    }
  }

  async function keepDelivering(sender: Sender): Promise<void> {
    for (let number = 1; !stopping; number += 1) {
      await deliver(sender, `${sender.name}-${number}`);
      await Bun.sleep(pauseMs);
    }
  }

  const finished = Promise.all(senders.map(keepDelivering));
  return {
    acknowledged,
    cutOff,
    refused,
    async stop() {
      stopping = true;
      await finished;
    },
  };
}

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}
