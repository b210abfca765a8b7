import { post } from "./installation.ts";

export interface Load {
  /** Every run that was promised by a 202, with the id of its delivery. */
  readonly acknowledged: ReadonlyMap<string, string>;
  /** Every other answer, by the id of its delivery. */
  readonly refused: ReadonlyMap<string, Refusal>;
  /** Ids of deliveries without an answer: whether they were stored is not known. */
  readonly cutOff: ReadonlySet<string>;
  /** Resolves when the deliveries under way are answered. */
  stop(): Promise<void>;
}

export interface Refusal {
  readonly status: number;
  readonly contentType: string | null;
  readonly retryAfter: string | null;
  readonly body: string;
}

/** Delivers one after another; several of them deliver at the same time. */
export interface Sender {
  /** Begins the ids of its deliveries. */
  readonly name: string;
  /** Asked for every delivery, because the server moves. */
  readonly url: () => string;
  readonly body: (id: string) => object;
}

const GIVE_UP_AFTER_MS = 10_000;

/** Delivers under ever new ids, whether a server is there or not. */
export function startLoad(senders: readonly Sender[], pauseMs: number): Load {
  const acknowledged = new Map<string, string>();
  const refused = new Map<string, Refusal>();
  const cutOff = new Set<string>();
  let stopping = false;

  async function deliver(sender: Sender, id: string): Promise<void> {
    try {
      const response = await post(sender.url(), sender.body(id), {}, AbortSignal.timeout(GIVE_UP_AFTER_MS));
      const body = await response.text();
      const { status, headers } = response;
      if (status === 202) acknowledged.set((JSON.parse(body) as { runId: string }).runId, id);
      else
        refused.set(id, {
          status,
          contentType: headers.get("content-type"),
          retryAfter: headers.get("retry-after"),
          body,
        });
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
    refused,
    cutOff,
    async stop() {
      stopping = true;
      await finished;
    },
  };
}
