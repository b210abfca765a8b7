import { expect, test } from "bun:test";
import type { ActionDefinition } from "../../src/connector-sdk/action.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import { besideMaker } from "../../test/connectors/maker/beside-maker.ts";
import { failureOf } from "../../test/connectors/run-action.ts";
import createIssue from "./actions/create-issue.ts";
import getFile from "./actions/get-file.ts";
import getIssue from "./actions/get-issue.ts";
import listIssues from "./actions/list-issues.ts";
import connector from "./definition.ts";

const { world, peer } = await besideMaker({ description: "none", origins: ["https://api.github.com"] });

const repository = "octo-org/old-name";
const credential = { scheme: "personal_token", fields: { token: "t" } };
const run = (action: ActionDefinition, input: JsonObject) =>
  world.run(action, { repository, ...input }, { connector, credential, routes: peer.routes });

/** Everything under the old name leads to the repository's number. */
function scriptMove(answer: unknown, status: number) {
  peer.answer("*", ({ path, headers }) => {
    if (!path.startsWith("/repos/octo-org/old-name")) return headers.authorization === "Bearer t" ? answer : undefined;
    return new Response("{}", { status, headers: { location: "/repositories/1296269/elsewhere" } });
  });
}

test.each([
  ["issue", getIssue, { issueNumber: 7 }, { number: 7 }],
  ["list", listIssues, {}, [{ number: 7 }]],
  ["file", getFile, { path: "x" }, { type: "file", encoding: "base64", content: "", path: "x", sha: "s", size: 0 }],
] as const)(
  "of a renamed repository an %s is read where it is now, with the credential",
  async (_, action, input, answer) => {
    scriptMove(answer, 301);
    await run(action, input);
    expect(peer.calls).toHaveLength(2);
  },
);

test("in a renamed repository nothing is written: the workflow's author is told", async () => {
  scriptMove({}, 307);
  expect(await failureOf(run(createIssue, { title: "x" }))).toMatchObject({ kind: "final", code: "moved" });
  expect(peer.calls).toHaveLength(1);
});
