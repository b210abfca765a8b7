import { expect, test } from "bun:test";
import { systemClock } from "../platform/clock.ts";
import { createLog } from "../platform/log.ts";
import { ActionError } from "./action-error.ts";
import { callProvider } from "./call-provider.ts";

test("an error holds nothing of the credential: neither its code, its message nor its details", async () => {
  const token = "canary-41d7-token";
  const failing = callProvider(
    {
      connector: { auth: {} },
      access: { credential: { scheme: "token", fields: { token } }, hosts: ["api.example.com"] },
      timeoutMs: 1_000,
      clock: systemClock,
      request: () => Promise.reject(new Error("nothing is sent")),
    },
    () => {
      const echo = `invalid_${token}`;
      throw new ActionError("final", `refused: ${echo}`, { code: echo, details: { echo: [echo] } });
    },
  );
  const error = (await failing.catch((caught: unknown) => caught)) as ActionError;
  expect(error).toBeInstanceOf(ActionError);
  expect([error.code, error.message, JSON.stringify(error.details)].join()).not.toContain(token);
  expect(error.code).toStartWith("invalid_");
  // As it would stand in a log, with all that it was caused by.
  const lines: string[] = [];
  createLog("debug", { write: (line) => void lines.push(line) }).error("failed", { error });
  expect(lines.join()).toContain("invalid_");
  expect(lines.join()).not.toContain(token);
});
