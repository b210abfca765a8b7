import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseMultipart } from "./parse-multipart.ts";

/** Lines end in CRLF, one character is one byte. */
function multipart(...lines: string[]): Uint8Array {
  return Buffer.from(lines.join("\r\n"), "latin1");
}

function parse(...lines: string[]) {
  return parseMultipart(multipart(...lines), "b", "utf-8");
}

function refusal(...lines: string[]): string {
  const body = parse(...lines);
  return body.ok ? "accepted" : body.message;
}

function fields(...lines: string[]): unknown {
  const body = parse(...lines);
  return body.ok ? body.fields : body.message;
}

describe("parseMultipart", () => {
  test("reads fields as text and files as base64 with their name, type and size", () => {
    expect(
      fields(
        "--b",
        'Content-Disposition: form-data; name="title"',
        "",
        "Zo\xc3\xab",
        "--b",
        'content-disposition: form-data; name="photo"; filename="a.png"',
        "Content-Type: image/png",
        "",
        "\x89PNG\r\n",
        "--b--",
        "",
      ),
    ).toEqual({
      title: "Zoë",
      photo: { filename: "a.png", contentType: "image/png", size: 6, base64: "iVBORw0K" },
    });
  });

  test("makes a list of a repeated name, of files too", () => {
    const field = 'Content-Disposition: form-data; name="x"';
    expect(fields("--b", field, "", "1", "--b", `${field}; filename="f"`, "", "2", "--b--")).toEqual({
      x: ["1", { filename: "f", contentType: "text/plain", size: 1, base64: "Mg==" }],
    });
  });

  test("takes a part with a content type that is not text for a file, named or not", () => {
    const header = 'Content-Disposition: form-data; name="x"';
    expect(fields("--b", header, "Content-Type: application/octet-stream", "", "\xff", "--b--")).toEqual({
      x: { filename: null, contentType: "application/octet-stream", size: 1, base64: "/w==" },
    });
    expect(fields("--b", header, "Content-Type: application/json", "", "{}", "--b--")).toEqual({ x: "{}" });
  });

  test("reads what Bun's own FormData writes", async () => {
    // Never a lone CR or LF, for writing a form turns those into CRLF.
    const unit = fc.constantFrom("a", "ü", '"', "\r\n", ";", "=", " ", "--", "😀", "\0", "%");
    const name = fc.string({ unit, maxLength: 8 });
    const value = fc.oneof(fc.string({ unit }), fc.uint8Array());
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key }), async (entries) => {
        const form = new FormData();
        for (const [key, content] of entries) {
          if (typeof content === "string") form.append(key, content);
          else form.append(key, new Blob([Buffer.from(content)], { type: "image/gif" }), "f.gif");
        }
        const response = new Response(form);
        const boundary = /boundary="?([^";]+)/.exec(response.headers.get("content-type") ?? "")?.[1];
        const body = parseMultipart(await response.bytes(), boundary, "utf-8");
        const expected = entries.map(([key, content]) => [
          key,
          typeof content === "string"
            ? content
            : {
                filename: "f.gif",
                contentType: "image/gif",
                size: content.length,
                base64: Buffer.from(content).toString("base64"),
              },
        ]);
        expect(body).toEqual({ ok: true, fields: Object.fromEntries(expected) });
      }),
    );
  });

  test("keeps whatever looks almost like a boundary as content", () => {
    const content = "--b in mid-line\r\n--bb\r\n --b\r\n\n--b\r\n--c--\r\n-";
    expect(fields("--b", 'Content-Disposition: form-data; name="x"', "", content, "--b--")).toEqual({ x: content });
  });

  test("ignores preamble, epilogue and blanks after a boundary", () => {
    const header = 'Content-Disposition: form-data; name="x"';
    expect(fields("hello", "--b \t", header, "", "1", "--b-- ", "--b", "whatever")).toEqual({ x: "1" });
    expect(fields("--b--")).toEqual({});
  });

  test("keeps an empty value and a value of line ends", () => {
    const header = 'Content-Disposition: form-data; name="x"';
    expect(fields("--b", header, "", "", "--b--")).toEqual({ x: "" });
    expect(fields("--b", header, "", "", "", "--b--")).toEqual({ x: "\r\n" });
  });

  test.each([
    ['filename="../../etc/passwd"', "passwd"],
    ['filename="C:\\Users\\a\\report.pdf"', "report.pdf"],
    ['filename=""', ""],
    ["filename=plain.txt", "plain.txt"],
    ['filename="50%22 off.txt"', '50" off.txt'],
    ['filename="say \\"hi\\".txt"', 'say "hi".txt'],
    ["filename=\"x.txt\"; filename*=UTF-8''na%C3%AFve%20file.txt", "naïve file.txt"],
    ["filename*=utf-8'en'only.txt", "only.txt"],
    ["filename=\"x.txt\"; filename*=UTF-8''%ff", "x.txt"],
  ])("reads %s as a file called %j", (parameter, expected) => {
    const body = fields("--b", `Content-Disposition: form-data; name="x"; ${parameter}`, "", "1", "--b--");
    expect(body).toMatchObject({ x: { filename: expected, size: 1 } });
  });

  test("decodes a field by its own charset and refuses one that is unknown", () => {
    const header = 'Content-Disposition: form-data; name="x"';
    expect(fields("--b", header, "Content-Type: text/plain; charset=ISO-8859-1", "", "caf\xe9", "--b--")).toEqual({
      x: "café",
    });
    expect(parse("--b", header, "Content-Type: text/plain; charset=utf-16", "", "1", "--b--")).toEqual({
      ok: false,
      code: "unsupported_media_type",
      message: "Part 1 of the multipart body has a charset other than UTF-8.",
    });
  });

  test("decodes names and values by the form's charset where a part names none", () => {
    const body = multipart("--b", 'Content-Disposition: form-data; name="caf\xe9"', "", "\xfc", "--b--");
    expect(parseMultipart(body, "b", "iso-8859-1")).toEqual({ ok: true, fields: { café: "ü" } });
  });

  test("refuses a body that is cut off", () => {
    const whole = multipart("--b", 'Content-Disposition: form-data; name="x"', "", "12345", "--b--");
    for (let length = 0; length < whole.length; length += 1) {
      expect(parseMultipart(whole.subarray(0, length), "b", "utf-8").ok).toBe(false);
    }
    expect(parseMultipart(whole, "b", "utf-8").ok).toBe(true);
  });

  const header = 'Content-Disposition: form-data; name="x"';
  test.each([
    ["no disposition", ["--b", "Content-Type: text/plain", "", "1", "--b--"], "Content-Disposition"],
    ["no headers", ["--b", "", "1", "--b--"], "header"],
    ["nothing at all", ["--b", "--b--"], "no complete header"],
    ["no blank line", ["--b", header, "--b--"], "no complete header"],
    ["no name", ["--b", "Content-Disposition: form-data", "", "1", "--b--"], "with a name"],
    ["another disposition", ["--b", 'Content-Disposition: attachment; name="x"', "", "1", "--b--"], "form-data"],
    ["two dispositions", ["--b", header, header, "", "1", "--b--"], "cannot be read"],
    ["a folded header", ["--b", header, " ; filename=a", "", "1", "--b--"], "cannot be read"],
    ["a bare line feed", ["--b", `${header}\nX: y`, "", "1", "--b--"], "cannot be read"],
    ["a bad content type", ["--b", header, "Content-Type: a b", "", "1", "--b--"], "Content-Type"],
    ["base64", ["--b", header, "Content-Transfer-Encoding: base64", "", "MQ==", "--b--"], "transfer encoding"],
    ["a value that is not UTF-8", ["--b", header, "", "\xff", "--b--"], "not valid UTF-8"],
    ["a name that is not UTF-8", ["--b", 'Content-Disposition: form-data; name="\xff"', "", "1", "--b--"], "UTF-8"],
    ["an endless header", ["--b", header, `X: ${"y".repeat(10_000)}`, "", "1", "--b--"], "8192 bytes"],
  ])("refuses a part with %s, saying which", (_, lines, problem) => {
    expect(refusal(...lines)).toStartWith("Part 1 of the multipart body ");
    expect(refusal(...lines)).toContain(problem);
    expect(refusal("--b", header, "", "first", ...lines)).toStartWith("Part 2 ");
  });

  test("refuses a field called __proto__", () => {
    expect(refusal("--b", 'Content-Disposition: form-data; name="__proto__"', "", "1", "--b--")).toContain("__proto__");
  });

  test("accepts a thousand parts and no more", () => {
    const parts = (count: number) => Array.from({ length: count }, () => ["--b", header, "", "1"]).flat();
    expect(parse(...parts(1_000), "--b--").ok).toBe(true);
    expect(refusal(...parts(1_001), "--b--")).toBe("The form has more than 1000 parts.");
  });

  test.each([undefined, "", "x".repeat(71), "a\r\nb", "trailing ", 'a"b'])("refuses the boundary %j", (boundary) => {
    expect(parseMultipart(multipart("--b--"), boundary, "utf-8")).toMatchObject({ ok: false, code: "malformed" });
  });
});
