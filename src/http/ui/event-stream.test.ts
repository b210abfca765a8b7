import { expect, test } from "bun:test";
import { streamChanges } from "./event-stream.ts";

function openStream(isOver: () => Promise<boolean> = async () => false) {
  const gone = new AbortController();
  const stopping = new AbortController();
  let changed = () => {};
  let watching = 0;
  const response = streamChanges({
    watch(listener) {
      watching += 1;
      changed = listener;
      return () => {
        watching -= 1;
      };
    },
    isOver,
    gone: gone.signal,
    stopping: stopping.signal,
  });
  return { response, gone, stopping, change: () => changed(), watchers: () => watching };
}

const count = (text: string, event: string) => text.split(`event: ${event}\n`).length - 1;

test("many changes are told of a few times, and one of them at once", async () => {
  const { response, change, stopping } = openStream();
  for (let n = 0; n < 1_000; n += 1) change();
  await Bun.sleep(100);
  for (let n = 0; n < 1_000; n += 1) change();
  await Bun.sleep(350);
  stopping.abort();
  // Twice where the two bursts fall into the same quarter of a second; a busy machine may keep them apart.
  expect(count(await response.text(), "changed")).toBeWithin(2, 5);
});

test("what changed before the stream was open is told of too, and after the last change the stream ends", async () => {
  const { response, watchers } = openStream(async () => true);
  const text = await response.text();
  expect([count(text, "changed"), count(text, "over")]).toEqual([1, 1]);
  expect(watchers()).toBe(0);
});

test.each(["gone", "stopping"] as const)(
  "ends and watches no more when the browser or the server is %s",
  async (which) => {
    const stream = openStream();
    expect(stream.watchers()).toBe(1);
    stream[which].abort();
    await stream.response.text();
    expect(stream.watchers()).toBe(0);
    // Whoever still tells is not heard, and breaks nothing.
    stream.change();
  },
);

test("a browser that turns away while nothing happens is noticed", async () => {
  const stream = openStream();
  await stream.response.body?.cancel();
  expect(stream.watchers()).toBe(0);
});

test("a run that cannot be read any more ends the stream instead of breaking it", async () => {
  const { response } = openStream(() => Promise.reject(new Error("gone")));
  expect(count(await response.text(), "over")).toBe(1);
});
