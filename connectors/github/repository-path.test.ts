import { expect, test } from "bun:test";
import { repositoryPath } from "./repository-path.ts";

test.each(["octo-org/octo-repo", "a/b", "a/.github", "A_1/x.y"])("%s is a repository", (name) => {
  expect(repositoryPath(name)).toBe(`/repos/${name}`);
});

test.each(["octo-repo", "a/b/c", "../user", "a/..", "./b", "a/.", "a b/c", "a/b?c=d", "a/b#c", "", "/"])(
  "%p is none, and nothing is called",
  (name) => {
    expect(() => repositoryPath(name)).toThrow("owner/name");
  },
);
