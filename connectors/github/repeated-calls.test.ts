import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import type { ActionDefinition } from "../../src/connector-sdk/action.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import { besideMaker } from "../../test/connectors/maker/beside-maker.ts";
import { failureOf } from "../../test/connectors/run-action.ts";
import createPullRequest from "./actions/create-pull-request.ts";
import getFile from "./actions/get-file.ts";
import mergePullRequest from "./actions/merge-pull-request.ts";
import putFile from "./actions/put-file.ts";
import connector from "./definition.ts";
import { maker } from "./testing/maker.ts";

/*
 * Actions that call themselves repeatable: what GitHub says to the second call must come out as the first one's
 * success. The peer's answers are scripted, so no description is needed.
 */

const repository = "octo-org/octo-repo";
const { world, peer } = await besideMaker(maker);

const credential = { scheme: "personal_token", fields: { token: "t" } };
const run = (action: ActionDefinition, input: JsonObject) =>
  world.run(action, input, { connector, credential, routes: peer.routes });

describe("merging a pull request", () => {
  const input = { repository, pullNumber: 1348 };

  test("that is merged already has succeeded", async () => {
    peer.answer("*", ({ method }) =>
      method === "PUT"
        ? Response.json({ message: "Pull Request is not mergeable" }, { status: 405 })
        : Response.json({ merged: true, merge_commit_sha: "abc" }),
    );
    expect(await run(mergePullRequest, input)).toMatchObject({ merged: true, sha: "abc" });
  });

  test("that cannot be merged fails with GitHub's reason", async () => {
    peer.answer("*", ({ method }) =>
      method === "PUT"
        ? Response.json({ message: "Pull Request is not mergeable" }, { status: 405 })
        : Response.json({ merged: false, merge_commit_sha: "a test merge, of no meaning" }),
    );
    const failure = await failureOf(run(mergePullRequest, input));
    expect(failure).toMatchObject({ kind: "final", code: "http_405" });
    expect(failure.message).toContain("not mergeable");
  });
});

describe("creating a pull request where one is open", () => {
  const input = { repository, title: "Fix", head: "fix", base: "main" };
  const refused = () =>
    Response.json(
      { message: "Validation Failed", errors: [{ code: "custom", message: "A pull request already exists" }] },
      { status: 422 },
    );

  test("takes that one if asked to", async () => {
    peer.answer("*", ({ method }) => (method === "POST" ? refused() : Response.json([{ number: 7 }])));
    expect(await run(createPullRequest, { ...input, ifOpen: "take" })).toMatchObject({ number: 7 });
    expect(peer.calls[1]?.query).toMatchObject({ head: "octo-org:fix", base: "main", state: "open" });
  });

  test("fails otherwise, and when none is open for other reasons", async () => {
    peer.answer("*", ({ method }) => (method === "POST" ? refused() : Response.json([])));
    for (const ifOpen of ["fail", "take"]) {
      const failure = await failureOf(run(createPullRequest, { ...input, ifOpen }));
      expect(failure).toMatchObject({ kind: "final", code: "invalid_request" });
    }
  });

  test("is repeatable exactly then", () => {
    const { effect } = createPullRequest;
    if (typeof effect !== "function") throw new Error("the input decides");
    expect([effect({ ifOpen: "take" }), effect({ ifOpen: "fail" })]).toEqual(["upsert", "unsafe"]);
  });
});

describe("putting a file", () => {
  const input = { repository, path: "a b/ü.txt", message: "Update", text: "Hello\n", branch: "main" };
  const shaOf = (text: string) =>
    createHash("sha1")
      .update(`blob ${Buffer.byteLength(text)}\0${text}`)
      .digest("hex");

  test("that has this content already commits nothing", async () => {
    peer.answer("*", () =>
      Response.json({ type: "file", path: "a b/ü.txt", sha: shaOf("Hello\n"), content: "SGVsbG8K" }),
    );
    expect(await run(putFile, input)).toEqual({
      changed: false,
      content: { type: "file", path: "a b/ü.txt", sha: shaOf("Hello\n") },
      commit: null,
    });
    expect(peer.calls.map(({ method }) => method)).toEqual(["GET"]);
  });

  test("over another one names what it replaces", async () => {
    peer.answer("*", ({ method }) =>
      Response.json(
        method === "GET" ? { type: "file", sha: "old" } : { content: { sha: "new" }, commit: { sha: "c" } },
      ),
    );
    expect(await run(putFile, input)).toMatchObject({ changed: true, content: { sha: "new" } });
    expect(peer.calls[1]).toMatchObject({ method: "PUT", body: { sha: "old", branch: "main", content: "SGVsbG8K" } });
    expect(peer.calls[1]?.path).toBe("/repos/octo-org/octo-repo/contents/a%20b%2F%C3%BC.txt");
  });

  test("that is not there makes it", async () => {
    peer.answer("*", ({ method }) =>
      method === "GET"
        ? Response.json({ message: "Not Found" }, { status: 404 })
        : Response.json({ content: {}, commit: {} }),
    );
    await run(putFile, input);
    expect(peer.calls[1]?.body).not.toHaveProperty("sha");
  });

  test.each(["../../user/emails", "docs//x", "docs/../../y", "", "/"])(
    "at %p is refused before a call",
    async (path) => {
      const failure = await failureOf(run(putFile, { ...input, path: path || "/" }));
      expect(failure).toMatchObject({ kind: "final", code: "invalid_input" });
      expect(peer.calls).toEqual([]);
    },
  );
});

describe("getting a file", () => {
  const input = { repository, path: "x" };
  const file = (content: string, encoding = "base64") => ({
    type: "file",
    encoding,
    content,
    path: "x",
    sha: "s",
    size: 2,
    name: "x",
  });

  test("that is not text gives its bytes alone", async () => {
    peer.answer("*", () => Response.json(file("AP8=\n")));
    expect(await run(getFile, input)).toMatchObject({ text: null, file: { base64: "AP8=", filename: "x" } });
  });

  test.each([
    ["a folder", [file("")]],
    ["a large file", file("", "none")],
  ])("fails for %s", async (_, body) => {
    peer.answer("*", () => Response.json(body));
    expect(await failureOf(run(getFile, input))).toMatchObject({ kind: "final", code: "not_a_file" });
  });
});
