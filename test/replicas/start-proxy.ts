import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../free-server.ts";

export interface RunningProxy {
  readonly url: string;
  /** True when it is the nginx of docker/compose.postgres.yaml with its file; otherwise a stand-in that does as that says. */
  readonly isNginx: boolean;
  stop(): Promise<void>;
}

/** `NGINX_PROGRAM` names the program where it is not on the path. */
export async function startProxy(replicas: readonly string[]): Promise<RunningProxy> {
  const program = process.env.NGINX_PROGRAM ?? Bun.which("nginx");
  return program ? await startNginx(program, replicas) : startStandIn(replicas);
}

/** The very file that the compose file mounts, with the addresses and folders of this test in place of the containers'. */
async function startNginx(program: string, replicas: readonly string[]): Promise<RunningProxy> {
  const folder = await mkdtemp(join(tmpdir(), "proxy-"));
  // Started by root, it works as somebody else.
  await chmod(folder, 0o755);
  const port = freePort();
  let file = await Bun.file(join(import.meta.dir, "../../docker/nginx.conf")).text();
  // Names are looked up by Docker's name server, and by nginx from 1.27.3 on; addresses need neither.
  for (const [index, url] of replicas.entries())
    file = file.replace(`replica-${index + 1}:3000 resolve`, new URL(url).host);
  file = file.replaceAll("/tmp/", `${folder}/`).replace("listen 8080;", `listen 127.0.0.1:${port};`);
  await Bun.write(join(folder, "nginx.conf"), file);
  const child = Bun.spawn([program, "-c", join(folder, "nginx.conf"), "-e", "stderr", "-g", "daemon off;"], {
    stdout: "ignore",
    stderr: "pipe",
  });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; !(await fetch(`${url}/healthz`).catch(() => null))?.ok; tries += 1) {
    if (tries > 100 || child.exitCode !== null) throw new Error(`nginx does not answer: ${await child.stderr.text()}`);
    await Bun.sleep(50);
  }
  return {
    url,
    isNginx: true,
    async stop() {
      child.kill("SIGTERM");
      await child.exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** In turns; what a replica has not taken, because nobody listens there, goes to the next. */
function startStandIn(replicas: readonly string[]): RunningProxy {
  let turn = 0;
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 255,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const body = request.body ? await request.bytes() : null;
      for (let tries = 0; tries < replicas.length; tries += 1) {
        const replica = replicas[turn++ % replicas.length] ?? "";
        const { method, headers } = request;
        const sent = fetch(replica + pathname + search, {
          method,
          headers,
          body,
          redirect: "manual",
          keepalive: false,
        });
        const answer = await sent.catch((error: NodeJS.ErrnoException) => error);
        if (answer instanceof Response) return answer;
        if (answer.code !== "ECONNREFUSED" && answer.code !== "ConnectionRefused") break;
      }
      return new Response("Bad gateway\n", { status: 502 });
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, isNginx: false, stop: () => server.stop(true) };
}
