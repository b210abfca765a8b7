import { describe, expect, test } from "bun:test";
import type { LoadChoices } from "../../../src/connector-sdk/fields.ts";
import { besideMaker } from "../../../test/connectors/maker/beside-maker.ts";
import { judgedTests } from "../../../test/connectors/maker/judged-tests.ts";
import connector from "../definition.ts";
import { maker } from "../testing/maker.ts";
import { loadAssignees } from "./load-assignees.ts";
import { loadBranches } from "./load-branches.ts";
import { loadLabels } from "./load-labels.ts";
import { loadMilestones } from "./load-milestones.ts";
import { loadRepositories } from "./load-repositories.ts";

const { world, peer } = await besideMaker(maker);

const credential = { scheme: "personal_token", fields: { token: "t" } };
const ask = (load: LoadChoices, search = "", cursor: string | null = null, repository: string = "octo-org/octo-repo") =>
  load({ ...world.context({ connector, credential, routes: peer.routes }), input: { repository }, search, cursor });

describe("choices, as their maker describes them,", () => {
  const testJudged = judgedTests(maker.description);
  for (const [title, load, operation] of [
    ["repositories", loadRepositories, "repos/list-for-authenticated-user"],
    ["labels", loadLabels, "issues/list-labels-for-repo"],
    ["branches", loadBranches, "repos/list-branches"],
    ["assignees", loadAssignees, "issues/list-assignees"],
    ["milestones", loadMilestones, "issues/list-milestones"],
  ] as const)
    testJudged(`of ${title} have a value and a title`, async () => {
      const { options, nextCursor } = await ask(load);
      expect(peer.calls).toMatchObject([{ operation, problems: [] }]);
      expect(options.length).toBeGreaterThan(0);
      for (const { value, title } of options) {
        expect(value).toMatch(/^(?!undefined)./);
        expect(title).toMatch(/^(?!undefined)./);
      }
      expect(nextCursor).toBeNull();
    });
});

describe("choices of a long list", () => {
  /** Ten pages of one label each, `label-1` to `label-10`. */
  function scriptPages() {
    peer.answer("*", ({ query }) => {
      const page = Number(query.page);
      const link = `<https://api.github.com/x?page=${page + 1}>; rel="next"`;
      return Response.json([{ name: `label-${page}` }], { headers: page < 10 ? { link } : {} });
    });
  }

  test("come a page at a time", async () => {
    scriptPages();
    expect(await ask(loadLabels)).toEqual({ options: [{ value: "label-1", title: "label-1" }], nextCursor: "2" });
    expect(await ask(loadLabels, "", "10")).toMatchObject({ options: [{ value: "label-10" }], nextCursor: null });
  });

  test("are searched a few pages at a time, in any case of letters", async () => {
    scriptPages();
    expect(await ask(loadLabels, "BEL-7")).toEqual({ options: [], nextCursor: "6" });
    expect(peer.calls).toHaveLength(5);
    expect(await ask(loadLabels, "BEL-7", "6")).toMatchObject({ options: [{ value: "label-7" }], nextCursor: null });
  });

  test("are asked for only where a repository is named", async () => {
    await expect(ask(loadLabels, "", null, "{{ trigger.body.repo }}")).rejects.toThrow("owner/name");
    expect(peer.calls).toEqual([]);
  });
});
