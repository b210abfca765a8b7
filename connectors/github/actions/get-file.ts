import { defineAction } from "../../../src/connector-sdk/action.ts";
import { ActionError } from "../../../src/connector-sdk/action-error.ts";
import type { Json } from "../../../src/connector-sdk/json.ts";
import { contentsPath } from "../contents-path.ts";
import { branch, filePath, repository } from "../fields.ts";

export default defineAction({
  title: "Get a file",
  description: "Reads a file of up to 1 MB from a repository.",
  input: {
    repository,
    path: filePath,
    ref: { ...branch, title: "Branch, tag or commit", description: "If empty, the default branch." },
  },
  effect: "safe",
  outputSample: {
    path: "docs/readme.md",
    sha: "3d21ec53a331a6f037a91c368710b99387d012c1",
    size: 6,
    html_url: "https://github.com/octo-org/octo-repo/blob/main/docs/readme.md",
    text: "Hello\n",
    file: { base64: "SGVsbG8K", filename: "readme.md", size: 6 },
  },

  async run({ api, input }) {
    const { body } = await api({
      path: contentsPath(input.repository, input.path),
      query: { ref: input.ref },
      followRedirects: true,
    });
    const { type, encoding, content, path, sha, size, html_url, name } = body as { readonly [name: string]: Json };
    if (type !== "file") throw refuse(`${input.path} is a folder or a link, not a file`);
    if (encoding !== "base64")
      throw refuse(`${input.path} is larger than 1 MB, which GitHub does not give in one piece`);
    // GitHub breaks the text into lines.
    const base64 = String(content).replace(/\s/g, "");
    const file = { base64, filename: name ?? null, size: size ?? null };
    return { path: path!, sha: sha!, size: size!, html_url: html_url ?? null, text: decodeText(base64), file };
  },
});

/** Null for what is not text. */
function decodeText(base64: string): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(base64, "base64"));
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}

function refuse(message: string): ActionError {
  return new ActionError("final", message, { code: "not_a_file" });
}
