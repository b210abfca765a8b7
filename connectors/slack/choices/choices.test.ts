import { describe, expect, test } from "bun:test";
import type { LoadChoices } from "../../../src/connector-sdk/fields.ts";
import { besideMaker } from "../../../test/connectors/maker/beside-maker.ts";
import { judgedTests } from "../../../test/connectors/maker/judged-tests.ts";
import connector from "../definition.ts";
import { maker } from "../testing/maker.ts";
import { loadChannels } from "./load-channels.ts";
import { loadUsers } from "./load-users.ts";

const { world, peer } = await besideMaker(maker);

const credential = { scheme: "oauth", fields: { accessToken: "xoxb-1" } };
const ask = (load: LoadChoices, search = "", cursor: string | null = null) =>
  load({ ...world.context({ connector, credential, routes: peer.routes }), input: {}, search, cursor });

describe("choices, as their maker describes them,", () => {
  const testJudged = judgedTests(maker.description);
  for (const [title, load, operation, first] of [
    ["channels", loadChannels, "conversations_list", "#general"],
    ["people", loadUsers, "users_list", "spengler"],
  ] as const)
    testJudged(`of ${title} have an id and a name`, async () => {
      const { options } = await ask(load);
      expect(peer.calls).toMatchObject([{ operation, problems: [] }]);
      expect(options[0]?.value).toMatch(/^[CUW]/);
      expect(options[0]?.title).toContain(first);
    });
});

describe("choices of a long list", () => {
  /** Ten pages of one channel each, `c-1` to `c-10`. */
  function scriptPages() {
    peer.answer("*", ({ query }) => {
      const page = Number(query.cursor ?? 1);
      return {
        ok: true,
        channels: [{ id: `C${page}`, name: `c-${page}` }],
        response_metadata: { next_cursor: page < 10 ? String(page + 1) : "" },
      };
    });
  }

  test("come a page at a time", async () => {
    scriptPages();
    expect(await ask(loadChannels)).toEqual({ options: [{ value: "C1", title: "#c-1" }], nextCursor: "2" });
    expect(await ask(loadChannels, "", "10")).toMatchObject({ options: [{ value: "C10" }], nextCursor: null });
  });

  test("are searched a few pages at a time, with and without the hash", async () => {
    scriptPages();
    expect(await ask(loadChannels, "C-7")).toEqual({ options: [], nextCursor: "6" });
    expect(peer.calls).toHaveLength(5);
    expect(await ask(loadChannels, "#c-7", "6")).toMatchObject({ options: [{ value: "C7" }], nextCursor: null });
  });
});

test("people who have left, and bots, are not offered", async () => {
  const members = [
    { id: "U1", name: "ada", real_name: "Ada Lovelace" },
    { id: "U2", name: "gone", deleted: true },
    { id: "U3", name: "bot", is_bot: true },
    { id: "USLACKBOT", name: "slackbot" },
    { id: "U4", name: "bob" },
  ];
  peer.answer("*", () => ({ ok: true, members }));
  expect((await ask(loadUsers)).options).toEqual([
    { value: "U1", title: "Ada Lovelace (@ada)" },
    { value: "U4", title: "@bob" },
  ]);
});
