import { expect, test } from "bun:test";
import { readNextLink } from "./read-next-link.ts";

test.each([
  ['<https://a.example/?page=2>; rel="next"', "https://a.example/?page=2"],
  ["</a>; rel=next", "/a"],
  ['</a>; rel="prev", </b>; rel="next"', "/b"],
  ['</a,b;c>; title="x, <y>; rel=\\"prev\\""; rel="last NEXT"', "/a,b;c"],
  ["</a> ; REL = next ; type=text/html", "/a"],
])("%s leads on", (header, target) => {
  expect(readNextLink(header)).toBe(target);
});

test.each([undefined, "", '</a>; rel="prev"', "</a>", '</a>; rel="nextish"', '</a>; title="rel=next"', "/a; rel=next"])(
  "%p does not",
  (header) => {
    expect(readNextLink(header)).toBeNull();
  },
);
