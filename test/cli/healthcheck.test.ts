import { describe, expect, test } from "bun:test";
import { createServer } from "node:net";
import { runCli, startServer, tempFolder } from "./run-cli.ts";

describe("healthcheck", () => {
  test("succeeds silently when the server answers, on whatever address it listens", async () => {
    using folder = tempFolder();
    for (const HOST of ["127.0.0.1", "0.0.0.0", "::"]) {
      await using server = await startServer(folder, { HOST });
      const env = { HOST, PORT: String(server.port) };
      expect(await runCli(folder, ["healthcheck"], { env })).toEqual({ exitCode: 0, stdout: "", stderr: "" });
    }
  });

  test("fails when nobody answers", async () => {
    using folder = tempFolder();
    const { exitCode, stderr } = await runCli(folder, ["healthcheck"], { env: { PORT: "1" } });
    expect(exitCode).toBe(1);
    expect(stderr).toStartWith("The server on port 1 does not answer");
  });

  test("fails when the server takes connections and never answers", async () => {
    using folder = tempFolder();
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = silent.address() as { port: number };
      const { exitCode, stderr } = await runCli(folder, ["healthcheck"], { env: { PORT: String(port) } });
      expect(exitCode).toBe(1);
      expect(stderr).toContain("no answer within 3 s");
    } finally {
      silent.close();
    }
  }, 15_000);
});
