import { expect, test } from "bun:test";
import { dropLinks } from "./drop-links.ts";

test("links to further calls go, links for people stay, at any depth", () => {
  const issue = {
    number: 7,
    url: "https://api.github.com/repos/o/r/issues/7",
    html_url: "https://github.com/o/r/issues/7",
    node_id: "MDU6",
    labels: [{ name: "bug", url: "https://api.github.com/repos/o/r/labels/bug" }],
    user: { login: "ada", avatar_url: "https://avatars.example/1", repos_url: "https://api.github.com/u" },
    milestone: null,
  };
  expect(dropLinks(issue)).toEqual({
    number: 7,
    html_url: "https://github.com/o/r/issues/7",
    labels: [{ name: "bug" }],
    user: { login: "ada", avatar_url: "https://avatars.example/1" },
    milestone: null,
  });
});
