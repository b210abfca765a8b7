import { describe, expect, test } from "bun:test";
import { type Hop, nextHop } from "./next-hop.ts";

const from: Hop = {
  method: "POST",
  url: new URL("https://api.example.com/a/b"),
  headers: [
    ["Authorization", "Bearer x"],
    ["Cookie", "s=1"],
    ["X-Api-Key", "k"],
    ["X-Shop-Token", "t"],
    ["Accept", "application/json"],
    ["Content-Type", "application/json"],
  ],
  body: Buffer.from("{}"),
};

function follow(hop: Hop, status: number, location: string, secretHeaders: readonly string[] = []) {
  const next = nextHop(hop, status, location, secretHeaders);
  if (next.kind !== "follow") throw new Error(`expected a redirect, got ${next.kind}`);
  return { ...next.hop, names: next.hop.headers.map(([name]) => name) };
}

describe("where a response leads", () => {
  test.each([200, 201, 300, 304, 305, 306, 400])("status %i is final even with a Location", (status) => {
    expect(nextHop(from, status, "/c")).toEqual({ kind: "final" });
  });

  test("a redirect without a Location is final", () => {
    expect(nextHop(from, 302, undefined)).toEqual({ kind: "final" });
  });

  test.each([
    ["/c", "https://api.example.com/c"],
    ["c?d", "https://api.example.com/a/c?d"],
    ["//other.test/c", "https://other.test/c"],
    ["http://10.0.0.5/", "http://10.0.0.5/"],
    [Buffer.from("/ü").toString("latin1"), "https://api.example.com/%C3%BC"],
  ])("Location %p leads to %s", (location, url) => {
    expect(follow(from, 302, location).url).toBe(url);
  });

  test("a Location that is no URL is reported", () => {
    expect(nextHop(from, 302, "http://[")).toMatchObject({ kind: "invalid" });
  });
});

describe("what is sent again", () => {
  test.each([301, 302, 303])("%i after POST becomes a GET without body", (status) => {
    const next = follow(from, status, "/c");
    expect(next).toMatchObject({ method: "GET", body: undefined });
    expect(next.names).not.toContain("Content-Type");
    expect(next.names).toContain("Authorization");
  });

  test.each([307, 308])("%i repeats method and body", (status) => {
    expect(follow(from, status, "/c")).toMatchObject({ method: "POST", body: from.body });
  });

  test("301 and 302 keep other methods, 303 does not", () => {
    const put = { ...from, method: "PUT" };
    expect(follow(put, 302, "/c").method).toBe("PUT");
    expect(follow(put, 303, "/c").method).toBe("GET");
    expect(follow({ ...from, method: "HEAD" }, 303, "/c").method).toBe("HEAD");
  });
});

describe("who gets to see the headers", () => {
  test("the same origin sees all of them", () => {
    expect(follow(from, 307, "/c").headers).toEqual(from.headers);
  });

  test.each(["https://other.test/", "https://api.example.com:8443/", "http://api.example.com/"])(
    "%s is another origin and sees only harmless ones",
    (location) => {
      expect(follow(from, 307, location).names).toEqual(["Accept", "Content-Type"]);
    },
  );

  test("a header named as secret stays behind even when its name is harmless", () => {
    expect(follow(from, 307, "https://other.test/", ["ACCEPT"]).names).toEqual(["Content-Type"]);
  });
});
