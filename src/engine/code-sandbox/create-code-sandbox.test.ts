import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { randomUUID } from "node:crypto";
import type { Json } from "../../domain/json.ts";
import type { Clock } from "../../platform/clock.ts";
import type { CodeJob, CodeResult } from "./code-sandbox.ts";
import { createCodeSandbox } from "./create-code-sandbox.ts";
import { processesWith, sandboxCommand, UNINTERRUPTIBLE, until } from "./testing/sandbox-processes.ts";

const MIB = 1024 * 1024;
const sandbox = createCodeSandbox({ command: sandboxCommand(randomUUID()) });
afterAll(() => sandbox.close());

function job(source: string, input: Json = null, limits: Partial<CodeJob> = {}): CodeJob {
  return { source, input, timeoutMs: 2_000, memoryBytes: 64 * MIB, maxOutputBytes: 100_000, ...limits };
}

function run(source: string, input: Json = null, limits: Partial<CodeJob> = {}): Promise<CodeResult> {
  return sandbox.run(job(source, input, limits));
}

/** Runs `expression` as the code's result. */
async function evaluate(expression: string): Promise<Json> {
  const result = await run(`export default () => (${expression})`);
  if (!result.ok) throw new Error(result.message);
  return result.output;
}

async function failure(source: string, input: Json = null, limits: Partial<CodeJob> = {}) {
  const result = await run(source, input, limits);
  if (result.ok) throw new Error(`it succeeded with ${JSON.stringify(result.output)}`);
  return result;
}

describe("a result", () => {
  test("is what the function returns for the input", async () => {
    const source = "export default ({ input }) => ({ total: input.prices.reduce((a, b) => a + b, 0), was: input })";
    const input = { prices: [1, 2.5, 3], note: "é \u0000 \ud800 \u{1f600}" };
    expect(await run(source, input)).toEqual({ ok: true, output: { total: 6.5, was: input } });
  });

  test("may be awaited for, at the top level too", async () => {
    const source = `
      const factor = await Promise.resolve(3);
      const triple = async (x) => { await null; return x * factor; };
      export default async ({ input }) => await triple(await triple(input));`;
    expect(await run(source, 2)).toEqual({ ok: true, output: 18 });
  });

  test("of undefined is null", async () => {
    expect(await run("export default () => {}")).toEqual({ ok: true, output: null });
  });

  test.each([
    ["() => 1", "The code returned a function."],
    ["{ a: { send() {} } }", `field "send" is a function.`],
    ["{ ratio: 0 / 0 }", `field "ratio" is NaN.`],
    ["{ id: 10n }", "BigInt: use Number(value)"],
    ["{ seen: new Map([[1, 2]]) }", "use Object.fromEntries(map)"],
    ["{ seen: new Set([1]) }", "use [...set]"],
    ["{ later: Promise.resolve(1) }", "a promise: await it"],
    ["(() => { const a = {}; a.a = a; return a })()", "contains itself"],
  ])("that JSON would lose is refused: %s", async (expression, message) => {
    const { code, message: said } = await failure(`export default () => (${expression})`);
    expect(code).toBe("threw");
    expect(said).toContain(message);
  });

  test("that is too large is refused, counted in bytes of UTF-8", async () => {
    const limits = { maxOutputBytes: 1_002 };
    expect(await run("export default () => 'x'.repeat(1000)", null, limits)).toMatchObject({ ok: true });
    expect(await failure("export default () => 'x'.repeat(1001)", null, limits)).toMatchObject({
      code: "output_too_large",
      message: expect.stringContaining("1,002 bytes"),
    });
    expect((await failure("export default () => 'é'.repeat(600)", null, limits)).code).toBe("output_too_large");
    expect((await failure("export default () => 'x'.repeat(9e6)", null, limits)).code).toBe("output_too_large");
  });
});

describe("an error", () => {
  test("thrown by the code carries its message and line", async () => {
    const source = "const read = (x) =>\n  x.name.first;\n\nexport default ({ input }) => read(input);";
    expect(await failure(source, {})).toEqual({
      ok: false,
      code: "threw",
      message: "TypeError: cannot read property 'first' of undefined",
      line: 2,
    });
  });

  test("thrown after an await carries its line", async () => {
    const source = "export default async () => {\n  await null;\n  throw new Error('too late');\n}";
    expect(await failure(source)).toEqual({ ok: false, code: "threw", message: "too late", line: 3 });
  });

  test.each([
    ["throw 'plain'", "plain"],
    ["throw 42", "42"],
    ["throw null", "The code threw something without a message."],
    ["throw { get message() { throw 1 } }", "The code threw something without a message."],
  ])("that is no Error is reported: %s", async (statement, message) => {
    expect(await failure(`export default () => { ${statement} }`)).toMatchObject({ code: "threw", message });
  });

  test("with an endless message is cut short", async () => {
    const { message } = await failure("export default () => { throw new Error('x'.repeat(1e6)) }");
    expect(message).toHaveLength(2_000);
  });

  test("in the syntax carries its line", async () => {
    expect(await failure("const a = 1;\nexport default () => {\n  return (;\n}")).toMatchObject({
      code: "syntax",
      message: expect.stringContaining("SyntaxError"),
      line: 3,
    });
  });

  test("of parsing data is the code's, not the source's", async () => {
    expect((await failure("const rows = JSON.parse('{');\nexport default () => rows")).code).toBe("threw");
  });

  test.each(["export default 5", "export const a = () => 1", "({ input }) => input"])(
    "says how to export when there is no function: %s",
    async (source) => {
      expect(await failure(source)).toMatchObject({
        code: "not_a_function",
        message: expect.stringContaining("export default ({ input })"),
      });
    },
  );

  test("says that a promise never settles", async () => {
    expect(await failure("export default () => new Promise(() => {})")).toMatchObject({
      code: "threw",
      message: expect.stringContaining("never settles"),
    });
  });
});

describe("what the code could reach", () => {
  test.each([
    "require",
    "process",
    "Bun",
    "fetch",
    "WebAssembly",
    "Worker",
    "postMessage",
    "setTimeout",
    "performance",
    "navigator",
    "Deno",
    "std",
    "os",
    "console",
  ])("%s does not exist", async (name) => {
    expect(await evaluate(`typeof globalThis.${name} + typeof ${name}`)).toBe("undefinedundefined");
    expect(await evaluate(`(() => {}).constructor("return typeof ${name}")()`)).toBe("undefined");
  });

  test.each(["node:fs", "bun", "./other.js", "data:text/javascript,export default 1"])(
    "%s cannot be imported",
    async (name) => {
      expect(await failure(`import * as m from "${name}";\nexport default () => typeof m`)).toMatchObject({
        code: "syntax",
        message: expect.stringContaining("import is not available"),
      });
      expect(await failure(`export default async () => typeof (await import("${name}"))`)).toMatchObject({
        code: "threw",
        message: expect.stringContaining("import is not available"),
      });
    },
  );

  test("the time zone is UTC wherever the server stands", async () => {
    expect(await evaluate("new Date(0).toString()")).toBe("Thu Jan 01 1970 00:00:00 GMT+0000");
  });

  test("nothing that one job leaves behind is seen by the next", async () => {
    await run("globalThis.leak = 1; Object.prototype.leak = 2; Array.prototype.map = null; export default () => 1");
    expect(await evaluate("[typeof leak, typeof {}.leak, typeof [].map]")).toEqual([
      "undefined",
      "undefined",
      "function",
    ]);
  });

  test("replacing the built-ins does not change how its result is read", async () => {
    const source = `
      JSON.stringify = () => '"forged"'; JSON.parse = () => "forged"; Promise.prototype.then = () => {};
      Reflect.apply = () => "forged"; String.prototype.slice = () => "forged"; globalThis.Error = null;
      export default async ({ input }) => { if (input.fail) throw new TypeError("honest"); return input; };`;
    expect(await run(source, { a: 1 })).toEqual({ ok: true, output: { a: 1 } });
    expect((await failure(source, { fail: true })).message).toBe("TypeError: honest");
  });

  test("a __proto__ key in the input is data and changes no prototype", async () => {
    const input = JSON.parse('{ "__proto__": { "admin": true }, "a": 1 }');
    const source = "export default ({ input }) => [typeof input.admin, typeof {}.admin, Object.keys(input)]";
    expect(await run(source, input)).toEqual({ ok: true, output: ["undefined", "undefined", ["__proto__", "a"]] });
  });

  test("a __proto__ key in the result is refused", async () => {
    const source = `export default () => JSON.parse('{ "user": { "__proto__": { "admin": true } } }')`;
    expect(await failure(source)).toMatchObject({ code: "threw", message: expect.stringContaining("__proto__") });
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test("a result nested without measure is refused", async () => {
    const source = "export default () => { let a = []; for (let i = 0; i < 2000; i++) a = [a]; return a }";
    expect(await failure(source)).toMatchObject({ code: "threw", message: expect.stringContaining("nested deeper") });
  });
});

/** Every one of these is followed by a job that has to succeed. */
describe("code that does not end", () => {
  async function endsWith(code: string, source: string, limits: Partial<CodeJob> = {}): Promise<void> {
    const startedAt = performance.now();
    const result = await failure(source, null, { timeoutMs: 400, ...limits });
    expect(result.code as string).toBe(code);
    // 400 ms, 250 ms until the kill, and the start of a process on a busy machine; by itself it would never end.
    expect(performance.now() - startedAt).toBeLessThan(8_000);
    expect(await run("export default ({ input }) => input", "next")).toEqual({ ok: true, output: "next" });
  }

  test.each([
    ["a loop", "export default () => { for (;;); }"],
    ["a loop while loading", "for (;;); export default () => 1"],
    ["a loop that catches the interrupt", "export default () => { for (;;) try { for (;;); } catch {} }"],
    ["an endless chain of promises", "export default async () => { for (;;) await null }"],
    [
      "promises that nobody awaits",
      "(function f() { Promise.resolve().then(f) })(); export default () => new Promise(() => {})",
    ],
    [
      "an async loop that catches",
      "const f = async () => { for (;;); }; export default async () => { for (;;) try { await f() } catch {} }",
    ],
    ["a catastrophic pattern", "export default () => /^(a+)+$/.test('a'.repeat(50) + 'b')"],
    ["a toJSON that loops", "export default () => ({ toJSON() { for (;;); } })"],
    ["a message that loops", "export default () => { throw { get message() { for (;;); } } }"],
    ["a single operation of minutes", UNINTERRUPTIBLE],
    [
      "memory filled and caught",
      "export default () => { const a = []; for (;;) try { a.push(new Array(1000).fill(1)) } catch {} }",
    ],
  ])("is ended: %s", async (_, source) => {
    await endsWith("timeout", source);
  });

  test.each([
    ["arrays", "const a = []; for (;;) a.push(new Array(1000).fill(1))"],
    ["small objects", "const a = []; for (;;) a.push({})"],
    ["a Map", "const a = new Map(); for (let i = 0; ; i++) a.set(i, {})"],
    ["buffers", "const a = []; for (;;) a.push(new ArrayBuffer(1e6))"],
    ["texts", "const a = []; for (let i = 0; ; i++) a.push('x'.repeat(1000) + i)"],
  ])("is ended when it fills its memory with %s", async (_, body) => {
    await endsWith("memory", `export default () => { ${body} }`, { timeoutMs: 5_000, memoryBytes: 32 * MIB });
  });

  test("is ended when it recurses", async () => {
    await endsWith("threw", "export default () => { const f = () => f() + 1; return f() }");
    await endsWith("threw", `export default () => ${"(".repeat(100_000)}1${")".repeat(100_000)}`);
    await endsWith("threw", "export default () => JSON.parse('['.repeat(1e6) + ']'.repeat(1e6))");
  });

  test("cannot be handed more input than its memory holds", async () => {
    const result = await failure("export default () => 1", "x".repeat(10 * MIB), { memoryBytes: 32 * MIB });
    expect(result).toMatchObject({ code: "memory", message: expect.stringContaining("32 MiB") });
  });
});

describe("checking a source", () => {
  test("finds nothing wrong with code that would fail only when called", async () => {
    expect(await sandbox.check("export default ({ input }) => input.a.b.c")).toBeNull();
  });

  test("says what is wrong and where", async () => {
    expect(await sandbox.check("const a = 1;\n\nexport default () => a +;")).toMatch(/^SyntaxError: .* \(line 3\)$/);
    expect(await sandbox.check("const a = 1")).toContain("export default ({ input })");
    expect(await sandbox.check("import fs from 'fs'; export default () => 1")).toContain("import is not available");
    expect(await sandbox.check("missing();\nexport default () => 1")).toBe(
      "ReferenceError: 'missing' is not defined (line 1)",
    );
  });
});

describe("jobs and processes", () => {
  const marks: string[] = [];
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
    for (const mark of marks.splice(0)) expect(processesWith(mark)).toEqual([]);
  });

  function createMarked(options: { poolSize?: number; clock?: Clock } = {}) {
    const mark = randomUUID();
    marks.push(mark);
    const created = createCodeSandbox({ command: sandboxCommand(mark), ...options });
    open.push(created);
    return { created, count: () => processesWith(mark).length };
  }

  test("50 at once all get their own result, first come first served, in one process", async () => {
    const { created, count } = createMarked();
    expect(count()).toBe(0);
    const finished: number[] = [];
    const results = await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        const result = await created.run(job("export default async ({ input }) => input * 2", i));
        finished.push(i);
        return result;
      }),
    );
    expect(results).toEqual(Array.from({ length: 50 }, (_, i) => ({ ok: true, output: i * 2 })));
    expect(finished).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(count()).toBe(1);
  });

  test("a pool of two runs a short job beside a long one", async () => {
    const { created, count } = createMarked({ poolSize: 2 });
    const long = created.run(job("export default () => { for (;;); }", null, { timeoutMs: 1_500 }));
    const order = await Promise.race([
      created.run(job("export default () => 'short'")).then(() => "short"),
      long.then(() => "long"),
    ]);
    expect(order).toBe("short");
    await created.run(job("export default () => 1"));
    expect(count()).toBe(2);
    expect(await long).toMatchObject({ code: "timeout" });
  });

  test("an idle process is ended after a minute, and the next job starts another", async () => {
    const timers: { delayMs: number; callback: () => void }[] = [];
    const clock: Clock = {
      now: () => 0,
      after: (delayMs, callback) => {
        const timer = { delayMs, callback };
        timers.push(timer);
        return () => timers.splice(timers.indexOf(timer), 1);
      },
    };
    const { created, count } = createMarked({ clock });
    await created.run(job("export default () => 1"));
    await created.run(job("export default () => 1"));
    expect(timers.map((timer) => timer.delayMs)).toEqual([60_000]);
    timers[0]?.callback();
    await until(() => count() === 0);
    expect(await created.run(job("export default () => 2"))).toEqual({ ok: true, output: 2 });
  });

  test("aborting ends the code at once and rejects with the signal's reason", async () => {
    const { created, count } = createMarked();
    const controller = new AbortController();
    const running = created.run(job(UNINTERRUPTIBLE, null, { timeoutMs: 60_000 }), controller.signal);
    const queued = created.run(job("export default () => 'never'"), controller.signal);
    const other = created.run(job("export default () => 'other'"));
    await until(() => count() === 1);
    const aborted = Promise.allSettled([running, queued]);
    controller.abort(new Error("cancelled by a person"));
    for (const outcome of await aborted)
      expect(outcome).toMatchObject({ status: "rejected", reason: { message: "cancelled by a person" } });
    expect(await other).toEqual({ ok: true, output: "other" });
    await expect(created.run(job("export default () => 1"), controller.signal)).rejects.toThrow("cancelled");
  });

  test("closing ends what runs and what waits as unavailable, not as a failure of the code", async () => {
    const { created, count } = createMarked();
    const running = created.run(job(UNINTERRUPTIBLE, null, { timeoutMs: 60_000 }));
    const queued = created.run(job("export default () => 1"));
    const outcomes = Promise.allSettled([running, queued]);
    await until(() => count() === 1);
    await created.close();
    expect(count()).toBe(0);
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "unavailable" } });
    await expect(created.run(job("export default () => 1"))).rejects.toMatchObject({ code: "unavailable" });
  });

  test("a process killed from outside is a crash of that job alone", async () => {
    const { created } = createMarked();
    const mark = marks.at(-1) ?? "";
    const running = created.run(job("export default () => { for (;;); }", null, { timeoutMs: 60_000 }));
    await until(() => processesWith(mark).length === 1);
    for (const pid of processesWith(mark)) process.kill(pid, "SIGKILL");
    expect(await running).toMatchObject({ code: "crashed", message: expect.stringContaining("SIGKILL") });
    expect(await created.run(job("export default () => 3"))).toEqual({ ok: true, output: 3 });
  });

  test("a command that cannot be started is a crash of every job, and never hangs", async () => {
    const broken = createCodeSandbox({ command: ["/nonexistent/program"] });
    const results = await Promise.all([1, 2, 3].map(() => broken.run(job("export default () => 1"))));
    for (const result of results)
      expect(result).toMatchObject({ code: "crashed", message: expect.stringContaining("cannot be started") });
    const silent = createCodeSandbox({ command: [process.execPath, "-e", "process.exit(7)"] });
    expect(await silent.run(job("export default () => 1"))).toMatchObject({
      code: "crashed",
      message: expect.stringContaining("exit code 7"),
    });
  });

  test("the process sees nothing of the server's environment", async () => {
    process.env.SANDBOX_TEST_SECRET = "hush";
    try {
      const { created } = createMarked();
      await created.run(job("export default () => 1"));
      const [pid] = processesWith(marks.at(-1) ?? "");
      expect(await Bun.file(`/proc/${pid}/environ`).text()).not.toContain("hush");
    } finally {
      delete process.env.SANDBOX_TEST_SECRET;
    }
  });
});
