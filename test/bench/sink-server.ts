/**
 * Where workflows send to: counts the `id` in each POSTed JSON body, apart for each path. `GET <path>` gives what came
 * in there as `[id, times]` pairs; `GET /never` is not answered, for steps that must stay under way.
 *
 *   bun sink-server.ts
 *
 * Prints its port.
 */
const seenByPath = new Map<string, Map<number, number>>();

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  idleTimeout: 0,
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/never") return new Promise<Response>(() => {});
    const seen = seenByPath.get(pathname) ?? new Map<number, number>();
    if (request.method === "GET") return Response.json([...seen]);
    seenByPath.set(pathname, seen);
    const { id } = (await request.json()) as { readonly id: number };
    seen.set(id, (seen.get(id) ?? 0) + 1);
    return Response.json({ ok: true });
  },
});
process.stdout.write(`${server.port}\n`);
