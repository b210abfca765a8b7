/** How much is measured. A warm-up is not counted; rounds alternate between what is compared. */
export interface BenchSizes {
  readonly throughput: {
    readonly rounds: number;
    readonly requests: number;
    readonly warmUpRequests: number;
    /** Without a pause, by a server of its own, for the event-loop lag. */
    readonly sustainedRequests: number;
  };
  readonly delivery: { readonly rounds: number; readonly requests: number; readonly warmUpRequests: number };
  readonly start: {
    readonly starts: number;
    readonly unfinishedRuns: number;
    /** Runs whose request is never answered. */
    readonly hangingRuns: number;
    readonly restarts: number;
  };
  readonly memory: { readonly firstRuns: number; readonly totalRuns: number; readonly settleMs: number };
  readonly storedRuns: {
    readonly few: number;
    readonly many: number;
    readonly rounds: number;
    readonly requestsPerRound: number;
    readonly deliveriesPerRound: number;
  };
  readonly pages: {
    readonly workflows: number;
    readonly runs: number;
    readonly loopItems: number;
    readonly requests: number;
  };
  readonly connectors: { readonly starts: number; readonly settleMs: number };
  readonly connections: { readonly stored: number; readonly ticks: number; readonly opened: number };
  readonly signIn: {
    readonly requests: number;
    /** At a time, of which there are as many as the attempts take. */
    readonly deliveries: number;
    readonly attempts: number;
  };
  readonly loop: { readonly rounds: number; readonly warmUpRounds: number };
  readonly postgres: {
    readonly rounds: number;
    readonly requests: number;
    readonly warmUpRequests: number;
    /** Runs handed to an idle replica, one after the other. */
    readonly handedOver: number;
    /** Queries of each kind. */
    readonly queries: number;
  };
}

/** What the issue asks for. About five minutes. */
export const FULL: BenchSizes = {
  throughput: { rounds: 7, requests: 30_000, warmUpRequests: 20_000, sustainedRequests: 200_000 },
  delivery: { rounds: 5, requests: 10_000, warmUpRequests: 3_000 },
  start: { starts: 10, unfinishedRuns: 100_000, hangingRuns: 1_000, restarts: 5 },
  memory: { firstRuns: 50_000, totalRuns: 200_000, settleMs: 3_000 },
  storedRuns: { few: 1_000, many: 1_000_000, rounds: 7, requestsPerRound: 200, deliveriesPerRound: 5_000 },
  pages: { workflows: 10_000, runs: 1_000_000, loopItems: 10_000, requests: 200 },
  connectors: { starts: 15, settleMs: 1_500 },
  connections: { stored: 100_000, ticks: 2_000, opened: 20_000 },
  signIn: { requests: 20_000, deliveries: 500, attempts: 200 },
  loop: { rounds: 10, warmUpRounds: 2 },
  postgres: { rounds: 7, requests: 20_000, warmUpRequests: 10_000, handedOver: 200, queries: 3_000 },
};

/** Shows that everything works, with figures that say little. Less than a minute. */
export const QUICK: BenchSizes = {
  throughput: { rounds: 3, requests: 5_000, warmUpRequests: 3_000, sustainedRequests: 10_000 },
  delivery: { rounds: 2, requests: 1_500, warmUpRequests: 300 },
  start: { starts: 3, unfinishedRuns: 3_000, hangingRuns: 300, restarts: 2 },
  memory: { firstRuns: 2_000, totalRuns: 8_000, settleMs: 500 },
  storedRuns: { few: 600, many: 20_000, rounds: 2, requestsPerRound: 50, deliveriesPerRound: 500 },
  pages: { workflows: 200, runs: 5_000, loopItems: 500, requests: 30 },
  connectors: { starts: 2, settleMs: 300 },
  connections: { stored: 5_000, ticks: 200, opened: 1_000 },
  signIn: { requests: 500, deliveries: 100, attempts: 30 },
  loop: { rounds: 2, warmUpRounds: 1 },
  postgres: { rounds: 2, requests: 3_000, warmUpRequests: 1_000, handedOver: 20, queries: 200 },
};
