import { expect, test } from "bun:test";

/** In a process of its own: the import changes globals for good. */
async function evaluate(source: string, environment: Record<string, string> = {}): Promise<unknown> {
  const child = Bun.spawn([process.execPath, "-e", source], {
    cwd: import.meta.dir,
    env: { PATH: process.env.PATH, ...environment },
    stdout: "pipe",
    stderr: "inherit",
  });
  return JSON.parse(await child.stdout.text());
}

const OUTCOME = `const outcome = (promise) => promise.then((response) => response.status, (error) => error.message);`;

test("NODE_ENV is production unless it was given", async () => {
  const source = `await import("./prepare-process.ts"); process.stdout.write(JSON.stringify(process.env.NODE_ENV))`;
  expect(await evaluate(source)).toBe("production");
  expect(await evaluate(source, { NODE_ENV: "test" })).toBe("test");
});

test("nothing gets out before the guarded client is known", async () => {
  using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("reached") });
  const outcome = await evaluate(`${OUTCOME}
    await import("./prepare-process.ts");
    process.stdout.write(JSON.stringify(await outcome(fetch("${server.url}"))))`);
  expect(outcome).toContain("not read yet");
});

test("a fetch kept from before goes through the guarded client, too", async () => {
  using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("reached") });
  const outcomes = await evaluate(`${OUTCOME}
    const { provideEgress } = await import("./prepare-process.ts");
    const kept = globalThis.fetch;
    const { createEgress } = await import("./egress/create-egress.ts");
    provideEgress(async () => createEgress({ allow: ["127.0.0.1:${server.port}"] }));
    process.stdout.write(JSON.stringify([
      await outcome(kept("${server.url}")),
      await outcome(kept("http://127.0.0.1:1/")),
      await outcome(fetch("http://127.0.0.1:1/")),
      await outcome(kept("file:///etc/hostname")),
    ]));
    process.exit(0)`);
  expect(outcomes).toEqual([
    200,
    expect.stringContaining("127.0.0.1"),
    expect.stringContaining("127.0.0.1"),
    expect.stringContaining("fetch failed"),
  ]);
});
