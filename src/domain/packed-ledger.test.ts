import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { ending, parking, sampleStep } from "../backend/contract/samples.ts";
import { packLedger, unpackLedger } from "./packed-ledger.ts";
import type { StepRecord } from "./run.ts";

/** JSON has no -0. */
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)));

const steps: fc.Arbitrary<StepRecord> = fc
  .record({
    path: fc.string({ minLength: 1 }),
    iteration: fc.array(fc.nat(10_000), { maxLength: 3 }),
    output: fc.option(json, { nil: undefined }),
    input: fc.option(json, { nil: undefined }),
    error: fc.option(fc.record({ code: fc.string(), message: fc.string() })),
    startedAt: fc.option(fc.nat()),
  })
  .map((patch) => sampleStep(patch.path, patch as Partial<StepRecord>));

describe("the ledger of a run that was stored ended", () => {
  test("is read as it was written, whatever is in it", () => {
    fc.assert(
      fc.property(fc.array(steps, { minLength: 1, maxLength: 4 }), (ledger) => {
        const packed = packLedger(ending({ steps: ledger }));
        if (packed !== null) expect(unpackLedger(packed)).toEqual(ledger);
      }),
    );
  });

  test("is rows when it is long, when the run goes on, or when there is none", () => {
    const long = Array.from({ length: 100 }, (_, index) => sampleStep(`step_${index}`));
    expect(packLedger(ending({ steps: long }))).toBeNull();
    expect(packLedger(parking(null, { steps: [sampleStep("a")] }))).toBeNull();
    expect(packLedger(ending())).toBeNull();
    expect(packLedger(null)).toBeNull();
  });
});
