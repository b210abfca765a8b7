import { afterAll, expect, test } from "bun:test";
import { createEgress } from "./create-egress.ts";
import { createGuardedFetch } from "./guarded-fetch.ts";
import { type ResponseNote, withResponseNote } from "./note-response.ts";

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch(request) {
    const { pathname } = new URL(request.url);
    await Bun.sleep(pathname === "/slow" ? 30 : 0);
    return new Response(null, { status: 503, headers: { "retry-after": pathname === "/slow" ? "60" : "5" } });
  },
});
const egress = createEgress({ allow: ["127.0.0.0/8"] });
const guardedFetch = createGuardedFetch(egress);
afterAll(async () => {
  egress.close();
  await server.stop(true);
});

/** As a library does it: what it gives back holds nothing of the answer. */
async function ask(path: string): Promise<void> {
  await guardedFetch(new Request(`http://127.0.0.1:${server.port}${path}`));
}

test("two that ask at once note the headers of their own answers, and whoever asks beside them is not noted", async () => {
  const [slow, fast, none]: ResponseNote[] = [{ headers: null }, { headers: null }, { headers: null }];
  const asking = [withResponseNote(slow!, () => ask("/slow")), withResponseNote(fast!, () => ask("/fast"))];
  await Promise.all([...asking, ask("/fast"), withResponseNote(none!, async () => {})]);
  expect([slow, fast, none].map((note) => note?.headers?.["retry-after"])).toEqual(["60", "5", undefined]);
});
