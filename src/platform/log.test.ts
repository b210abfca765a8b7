import { describe, expect, test } from "bun:test";
import { createLog, formatForPeople, type LogLevel } from "./log.ts";

function logLines(level: LogLevel = "debug") {
  const lines: string[] = [];
  const log = createLog(level, { write: (line) => void lines.push(line) });
  return { log, lines, parsed: () => lines.map((line) => JSON.parse(line)) };
}

describe("a log line", () => {
  test("is one line of JSON with level, time, message and fields", () => {
    const { log, lines, parsed } = logLines();
    log.warn("slow\ncommit", { tookMs: 812 });
    expect(lines[0]).toEndWith("}\n");
    expect(lines[0]?.trimEnd()).not.toContain("\n");
    expect(parsed()[0]).toEqual({ level: "warn", time: expect.any(String), tookMs: 812, msg: "slow\ncommit" });
    expect(Date.parse(parsed()[0].time)).toBeCloseTo(Date.now(), -4);
  });

  test("below the level is not written", () => {
    const { log, parsed } = logLines("warn");
    log.debug("d");
    log.info("i");
    log.warn("w");
    log.error("e");
    expect(parsed().map((line) => line.msg)).toEqual(["w", "e"]);
  });

  test("of a child has the child's fields", () => {
    const { log, parsed } = logLines();
    log.child({ runId: "run_1", token: "t0p" }).info("went on", { step: "a" });
    expect(parsed()[0]).toMatchObject({ runId: "run_1", token: "[redacted]", step: "a", msg: "went on" });
  });

  test("shows an error with its stack and all causes", () => {
    const { log, parsed } = logLines();
    const root = new RangeError("disk full");
    log.error("commit failed", { error: new Error("cannot write", { cause: new Error("io", { cause: root }) }) });
    const { error } = parsed()[0];
    expect(error.message).toBe("cannot write");
    expect(error.stack).toContain("log.test.ts");
    expect(error.cause.cause).toMatchObject({ type: "RangeError", message: "disk full" });
  });

  test("survives cycles, big integers and bytes", () => {
    const { log, parsed } = logLines();
    const loop: Record<string, unknown> = { id: 7n, bytes: new Uint8Array(3) };
    loop.self = loop;
    log.info("odd", { loop });
    expect(parsed()[0].loop).toMatchObject({ id: "7", bytes: "[3 bytes]", self: { self: {} } });
  });
});

describe("secrets", () => {
  test.each([
    "authorization",
    "Authorization",
    "clientSecret",
    "password",
    "access_token",
    "Set-Cookie",
    "apiKey",
    "credentials",
  ])("in a field called %s are masked at any depth", (name) => {
    const { log, lines } = logLines();
    log.info("call", { [name]: "s3cret", request: [{ headers: { [name]: "s3cret" } }] });
    log.error("failed", { error: Object.assign(new Error("refused"), { [name]: { deep: "s3cret" } }) });
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).not.toContain("s3cret");
  });

  test("do not hide the fields around them", () => {
    const { log, parsed } = logLines();
    log.info("call", { headers: { cookie: "a=b", accept: "text/html" } });
    expect(parsed()[0].headers).toEqual({ cookie: "[redacted]", accept: "text/html" });
  });
});

test("on a terminal a line reads as a sentence, with stacks below it", () => {
  const { log, lines } = logLines();
  log.error("commit failed", { batch: 3, file: "a.db", error: new Error("outer", { cause: new Error("inner") }) });
  const text = Bun.stripANSI(formatForPeople(lines[0] ?? ""));
  expect(text.split("\n")[0]).toMatch(/^\d\d:\d\d:\d\d error commit failed batch=3 file=a\.db$/);
  expect(text).toContain("\n  error: Error: outer\n");
  expect(text).toContain("\n  cause: Error: inner\n");
});
