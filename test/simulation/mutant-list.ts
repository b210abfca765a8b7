/** One of the things that make runs durable, taken away. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly remove: string;
  readonly insert: string;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: "without the commit of `started` before an effect",
    file: "src/engine/run-execution.ts",
    remove:
      "this.ledger.write(launch.record);\n    this.#launches.push({ ...launch, isEffect: true });\n    this.#mustCommit = true;",
    insert: "this.#launches.push({ ...launch, isEffect: false });",
  },
  {
    name: "without the compare-and-swap on the lease",
    file: "src/backend/sqlite/runs/commit-run.ts",
    remove: "AND lease_owner = ? AND fence = ?",
    insert: "AND ? IS NOT NULL AND ? IS NOT NULL",
  },
  {
    name: "without the same idempotency key on every attempt",
    file: "src/engine/call-connector.ts",
    remove: 'const key = record.idempotencyKey ?? "";',
    insert: "const key = crypto.randomUUID();",
  },
];
