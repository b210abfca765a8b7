import { describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { BACKEND } from "../test-storage.ts";
import { until } from "../until.ts";
import { openInstallation } from "./open-installation.ts";
import { runCli, startServer, startServerFromSource, succeed } from "./run-cli.ts";

const KEY = "1".repeat(64);

describe("a server that starts", () => {
  test("says in lines on standard output where it is, where the data is, and the one thing to do next", async () => {
    await using folder = await openInstallation(true);
    await using server = await startServer(folder);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    expect(await server.stop()).toBe(0);
    const [data, next, ...more] = await server.saidBesides();
    expect(data).toBe(`Data: ${BACKEND === "sqlite" ? folder.path : "Postgres"}`);
    const link = /^Next, in a browser \(this link works once\): (http:\S+)$/.exec(next ?? "")?.[1];
    expect(link).toMatch(new RegExp(`^${server.url}/setup/[A-Za-z0-9_-]{43}$`));
    expect(more).toEqual([]);
  });

  test("suggests nothing once there is a tenant and somebody who can sign in", async () => {
    await using folder = await openInstallation();
    await succeed(folder, ["tenant", "create", "acme"]);
    const create = ["user", "create", "--tenant", "acme", "--email", "a@b.c", "--role", "owner", "--password-stdin"];
    const { exitCode, stdout } = await runCli(folder, create, { input: "orbit lantern seven\n" });
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringMatching(/^usr_[0-9a-z]{26}\n$/) });
    await using server = await startServer(folder);
    await server.stop();
    expect(await server.saidBesides()).toHaveLength(1);
  });

  test("makes another setup link at each start while nobody can sign in, and stores none", async () => {
    await using folder = await openInstallation();
    const links: string[] = [];
    for (let start = 0; start < 2; start += 1) {
      await using server = await startServer(folder);
      await server.stop();
      links.push((await server.saidBesides())[1]?.split("/").at(-1) ?? "");
    }
    expect(new Set(links).size).toBe(2);
    const stored = await folder.storage.contents();
    for (const link of links) expect(stored).not.toContain(link);
  });

  test("listens on the address of this machine only, unless told otherwise", async () => {
    await using folder = await openInstallation();
    await using server = await startServer(folder);
    expect(new URL(server.url).hostname).toBe("localhost");
    await expect(fetch(`http://127.0.0.2:${server.port}/healthz`)).rejects.toThrow();
    await server.stop();
    await using open = await startServer(folder, { HOST: "0.0.0.0" });
    expect((await fetch(`http://127.0.0.2:${open.port}/healthz`)).status).toBe(200);
  });

  test("from source serves its pages in whatever folder it is started", async () => {
    await using folder = await openInstallation();
    await using server = await startServerFromSource(folder);
    const page = await fetch(`${server.url}/sign-in`);
    expect({ status: page.status, text: await page.text() }).toEqual({
      status: 200,
      text: expect.stringContaining("The server has printed a setup link"),
    });
    await server.stop();
    expect(await server.stderr).not.toContain('"level":"error"');
  });

  test("logs JSON lines on standard error and nothing but its announcement on standard output", async () => {
    await using folder = await openInstallation();
    await using server = await startServer(folder);
    await server.stop();
    const logged = (await server.stderr)
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(logged.map(({ level, msg }) => [level, msg])).toEqual([
      ["info", "stopping"],
      ["info", "stopped"],
    ]);
    await using quiet = await startServer(folder, { LOG_LEVEL: "warn" });
    await quiet.stop();
    expect(await quiet.stderr).toBe("");
  });
});

describe("a server that cannot start says why in one line and ends with 1:", () => {
  test("another program listens on the port", async () => {
    await using folder = await openInstallation();
    using other = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
    const { exitCode, stdout, stderr } = await runCli(folder, ["serve"], { env: { PORT: String(other.port) } });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toMatch(new RegExp(`^Port ${other.port} .*already in use.*another PORT.*\\n$`));
    // It must not have touched anything before it knew that it can run.
    expect(await folder.storage.contents()).toBe("");
  });

  test("the encryption key is another one than before", async () => {
    await using folder = await openInstallation();
    await using first = await startServer(folder, { ENCRYPTION_KEY: KEY });
    await first.stop();
    const env = { PORT: "0", ENCRYPTION_KEY: "2".repeat(64) };
    const { exitCode, stderr } = await runCli(folder, ["serve"], { env });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^ENCRYPTION_KEY is not the one .*\n$/);
    expect(stderr).not.toContain("222");
    await using again = await startServer(folder, { ENCRYPTION_KEY: KEY });
    expect(await again.stop()).toBe(0);
  });
});

describe("a server that is stopped", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("by %s ends with 0 and can be started again", async (signal) => {
    await using folder = await openInstallation();
    await using server = await startServer(folder);
    server.process.kill(signal);
    expect(await server.process.exited).toBe(0);
    await using again = await startServer(folder);
    expect((await fetch(`${again.url}/readyz`)).status).toBe(200);
  });

  test("answers the request it is reading, and takes no new connection", async () => {
    await using folder = await openInstallation();
    await succeed(folder, ["tenant", "create", "acme"]);
    const key = await succeed(folder, ["api-key", "create", "--tenant", "acme", "--name", "test"]);
    await using server = await startServer(folder);
    const body = JSON.stringify({ name: "late", trigger: { connector: "manual", trigger: "run" }, steps: [] });
    const request = await beginRequest(server.port, key, body);

    server.process.kill("SIGTERM");
    await untilClosed(server.url);
    expect(await request.finish()).toStartWith("HTTP/1.1 201");
    const answeredAt = performance.now();
    expect(await server.process.exited).toBe(0);
    expect(performance.now() - answeredAt).toBeLessThan(SOON_MS);

    const kept = await succeed(folder, ["workflow", "export", "--tenant", "acme"]);
    expect(JSON.parse(kept)).toMatchObject([{ name: "late" }]);
  });

  test("is not held up by connections that are kept open", async () => {
    await using folder = await openInstallation();
    await using server = await startServer(folder);
    const idle = connect(server.port, "127.0.0.1");
    await new Promise((resolve) => idle.once("connect", resolve));
    const startedAt = performance.now();
    expect(await server.stop()).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(SOON_MS);
    idle.destroy();
  });

  test("ends at once at the second signal", async () => {
    await using folder = await openInstallation();
    await succeed(folder, ["tenant", "create", "acme"]);
    const key = await succeed(folder, ["api-key", "create", "--tenant", "acme", "--name", "test"]);
    await using server = await startServer(folder);
    // Keeps the drain waiting: this request is never finished.
    const request = await beginRequest(server.port, key, "{}");
    server.process.kill("SIGTERM");
    await untilClosed(server.url);
    const startedAt = performance.now();
    server.process.kill("SIGTERM");
    expect(await server.process.exited).toBe(1);
    expect(performance.now() - startedAt).toBeLessThan(SOON_MS);
    request.abandon();
  });
});

/** A server that waits for something as it stops does so for 25 seconds. */
const SOON_MS = 10_000;

async function untilClosed(url: string): Promise<void> {
  const isClosed = () =>
    fetch(`${url}/healthz`, { keepalive: false }).then(
      () => false,
      () => true,
    );
  await until("no new connection is taken", isClosed);
}

/** Sends the head and all but the last byte of a POST, so that the server is in the middle of reading it. */
async function beginRequest(port: number, key: string, body: string) {
  const socket = connect(port, "127.0.0.1");
  let received = "";
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => {
    received += text;
  });
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await new Promise((resolve) => socket.once("connect", resolve));
  socket.write(
    `POST /api/v1/workflows HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${key}\r\n` +
      `content-type: application/json\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, -1)}`,
  );
  // What comes after it has been read: so has the head.
  for (const _ of [1, 2]) await fetch(`http://127.0.0.1:${port}/healthz`, { keepalive: false });
  return {
    async finish(): Promise<string> {
      socket.write(body.slice(-1));
      await closed;
      return received;
    },
    abandon: () => socket.destroy(),
  };
}
