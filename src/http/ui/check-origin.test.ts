import { describe, expect, test } from "bun:test";
import type { SignedIn } from "../../domain/signed-in.ts";
import { checkOrigin } from "./check-origin.ts";

const PUBLIC_URL = "https://sync.example.com";
const signedIn = { csrfToken: "token-of-the-session" } as SignedIn;

function check(headers: Record<string, string>, form: Record<string, string> = {}, who: SignedIn | null = null) {
  const request = new Request(`${PUBLIC_URL}/x`, { method: "POST", headers: { host: "sync.example.com", ...headers } });
  return () => checkOrigin(request, new URLSearchParams(form), who, PUBLIC_URL);
}

describe("a form is taken", () => {
  test.each<[string, Record<string, string>]>([
    ["from a page here, as the browser says", { "sec-fetch-site": "same-origin" }],
    ["from the public address, which a proxy may hide", { origin: PUBLIC_URL, host: "10.0.0.5:3000" }],
    ["on plain http, where only Origin is sent", { origin: "http://192.168.0.5:3000", host: "192.168.0.5:3000" }],
  ])("%s", (_, headers) => expect(check(headers)).not.toThrow());

  test("with the session's token, as a field or as htmx's header", () => {
    const here = { "sec-fetch-site": "same-origin" };
    expect(check(here, { _csrf: "token-of-the-session" }, signedIn)).not.toThrow();
    expect(check({ ...here, "x-csrf-token": "token-of-the-session" }, {}, signedIn)).not.toThrow();
  });
});

describe("a form is refused", () => {
  test.each<[string, Record<string, string>]>([
    ["from another site", { "sec-fetch-site": "cross-site", origin: "https://evil.example" }],
    ["from a sibling domain", { "sec-fetch-site": "same-site", origin: "https://other.example.com" }],
    ["when the browser says otherwise than the Origin", { "sec-fetch-site": "cross-site", origin: PUBLIC_URL }],
    ["from a page without an origin", { origin: "null" }],
    ["when nobody says where it comes from", {}],
    ["from another port", { origin: "http://192.168.0.5:8080", host: "192.168.0.5:3000" }],
  ])("%s", (_, headers) => expect(check(headers)).toThrow("not sent from a page of this server"));

  test("without the session's token, or with another one", () => {
    const here = { "sec-fetch-site": "same-origin" };
    expect(check(here, {}, signedIn)).toThrow("Reload");
    expect(check(here, { _csrf: "" }, signedIn)).toThrow("Reload");
    expect(check({ ...here, "x-csrf-token": "another" }, { _csrf: "token-of-the-session" }, signedIn)).toThrow(
      "Reload",
    );
  });
});
