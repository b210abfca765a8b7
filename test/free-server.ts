/** For tests that start the server as a process of its own. */

export function freePort(): number {
  const listener = Bun.serve({ port: 0, fetch: () => new Response() });
  const { port } = listener;
  listener.stop(true);
  return port ?? 0;
}

export async function untilReady(url: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const ready = await fetch(`${url}/readyz`).catch(() => null);
    if (ready?.ok) return;
    await Bun.sleep(50);
  }
  throw new Error("the server did not become ready");
}
