import { createHmac } from "node:crypto";
import type { Json } from "../../src/domain/json.ts";
import type { Peer } from "./peer.ts";

interface AcmeHook {
  readonly id: string;
  readonly url: string;
  readonly secret: string;
  readonly topic: string;
}

/** The provider's side of subscriptions: it keeps the list, and sends events that it has signed. */
export interface AcmeWebhooks {
  readonly hooks: readonly AcmeHook[];
  /** From now on the provider answers what it is asked so; undefined: as it should. */
  fail(status: number | undefined): void;
  /** The next subscription is made, but its answer gets lost on the way. */
  loseNextAnswer(): void;
  send(hook: AcmeHook, events: readonly { readonly id: string; readonly data: Json }[]): Promise<Response>;
}

export function createAcmeWebhooks(peer: Peer, expiresInMs?: number): AcmeWebhooks {
  let hooks: AcmeHook[] = [];
  let failing: number | undefined;
  let loseNext = false;
  let count = 0;
  peer.answer("/webhooks", ({ method, body }) => {
    if (failing !== undefined) return { status: failing, body: { message: "no" } };
    if (method === "GET") return { body: { hooks } };
    count += 1;
    const id = `hook-${count}`;
    hooks.push({ ...(body as Omit<AcmeHook, "id">), id });
    if (loseNext) {
      loseNext = false;
      return { status: 502, body: "gateway" };
    }
    return { status: 201, body: { id, ...(expiresInMs !== undefined && { expiresInMs }) } };
  });
  for (let n = 1; n <= 20; n += 1)
    peer.answer(`/webhooks/hook-${n}`, () => {
      if (failing !== undefined) return { status: failing, body: { message: "no" } };
      hooks = hooks.filter(({ id }) => id !== `hook-${n}`);
      return { status: 204, body: "" };
    });
  return {
    get hooks() {
      return hooks;
    },
    fail(status) {
      failing = status;
    },
    loseNextAnswer() {
      loseNext = true;
    },
    send({ url, secret }, events) {
      const body = JSON.stringify({ events });
      const signature = createHmac("sha256", secret).update(body).digest("hex");
      return fetch(url, { method: "POST", body, headers: { "x-acme-signature": signature } });
    },
  };
}
