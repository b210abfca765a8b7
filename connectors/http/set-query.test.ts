import { expect, test } from "bun:test";
import { addQuery, setQuery } from "./set-query.ts";

test("adding keeps what is there as it was written", () => {
  expect(addQuery("https://a.example/p?q=x+y&b=%7e#f", [["c", "1 2"]])).toBe(
    "https://a.example/p?q=x+y&b=%7e&c=1%202#f",
  );
  expect(addQuery("https://a.example", [["a", "1"]])).toBe("https://a.example/?a=1");
  expect(addQuery("https://a.example/?a=1", [])).toBe("https://a.example/?a=1");
});

test("setting replaces every parameter of that name, however it is written", () => {
  expect(setQuery("https://a.example/?page=1&b=2&p%61ge=3&page", [["page", "4"]])).toBe(
    "https://a.example/?b=2&page=4",
  );
  expect(setQuery("https://a.example/?pages=1&=x", [["page", "4"]])).toBe("https://a.example/?pages=1&=x&page=4");
});

test("half a surrogate pair becomes a replacement character instead of an exception", () => {
  expect(addQuery("https://a.example/", [["a", "\ud800"]])).toBe("https://a.example/?a=%EF%BF%BD");
});
