import { ActionError } from "../../connector-sdk/action-error.ts";
import { AppError } from "../../domain/errors.ts";
import type { Poll, PollSettlement } from "../../domain/poll-store.ts";
import type { Dispatcher } from "../dispatcher.ts";
import type { EngineDeps } from "../engine-deps.ts";
import { failedPoll, type RunPollDeps, runPoll } from "./run-poll.ts";
import { TriggerWork } from "./trigger-work.ts";

export type PollTickerDeps = RunPollDeps &
  Pick<EngineDeps, "backend"> & {
    readonly dispatcher: Pick<Dispatcher, "wake">;
    /** A poll has a problem that it did not have before: for the server's log. */
    readonly failed: (poll: Poll, problem: string) => void;
  };

/** Longer than a poll may take; after that, whoever took it is gone. */
const LEASE_MS = 150_000;

/**
 * Polls what is due. A poll is taken before the provider is asked, so that one replica asks, and settled in the commit
 * that accepts its runs: if the process dies in between, the next poll asks from the same cursor again, and what was
 * accepted before is known by its id.
 */
export function createPollTicker(deps: PollTickerDeps): TriggerWork<Poll> {
  const { backend, clock, dispatcher } = deps;
  return new TriggerWork({
    clock,
    due: (limit, exceptTenants) => backend.polls.due(clock.now(), limit, exceptTenants),
    nextDueAt: () => backend.polls.nextDueAt(),
    async work(due) {
      const poll = await backend.polls.take(due, clock.now() + LEASE_MS);
      if (!poll) return;
      try {
        await settle(poll, await runPoll(poll, deps));
      } catch (error) {
        // No room for more runs, or a version that can no longer be loaded: seen by a person, and tried again.
        if (!(error instanceof AppError) || error.code === "unavailable") throw error;
        const known = new ActionError("final", error.message, { code: error.code, cause: error });
        await settle(poll, failedPoll(poll, known, deps));
      }
    },
  });

  async function settle(poll: Poll, settlement: PollSettlement): Promise<void> {
    const { problem } = settlement;
    const started = await backend.polls.settle(poll, settlement);
    if (problem !== null && started !== null && problem !== poll.problem) deps.failed(poll, problem);
    if (started && started.length > 0) dispatcher.wake();
  }
}
