import { expect } from "bun:test";
import { EgressError, type EgressErrorKind } from "../egress-error.ts";

/** Waits for a request to fail in the expected way and returns the error for further questions. */
export async function expectEgressError(
  work: Promise<unknown>,
  expected: { readonly kind: EgressErrorKind; readonly sent: boolean },
): Promise<EgressError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EgressError);
  const { kind, sent } = error as EgressError;
  expect({ kind, sent }).toEqual(expected);
  return error as EgressError;
}
