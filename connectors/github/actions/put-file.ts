import { createHash } from "node:crypto";
import { defineAction } from "../../../src/connector-sdk/action.ts";
import type { Json } from "../../../src/connector-sdk/json.ts";
import { contentsPath } from "../contents-path.ts";
import { dropLinks } from "../drop-links.ts";
import { branch, filePath, repository } from "../fields.ts";

export default defineAction({
  title: "Create or update a file",
  description: "Commits a file to a branch. A file that has this content already is left alone.",
  input: {
    repository,
    path: filePath,
    message: { kind: "text", title: "Commit message", required: true, placeholder: "Update the price list" },
    source: {
      kind: "select",
      title: "Content from",
      default: "text",
      options: [
        { value: "text", title: "Text" },
        { value: "file", title: "A file of an earlier step" },
      ],
    },
    text: { kind: "text", title: "Text", multiline: true, showWhen: { field: "source", in: ["text"] } },
    file: { kind: "file", title: "File", required: true, showWhen: { field: "source", in: ["file"] } },
    branch: { ...branch, description: "If empty, the default branch." },
  },
  // The second call finds the content there and commits nothing.
  effect: "upsert",
  outputSample: {
    changed: true,
    content: { path: "docs/readme.md", sha: "95b966ae1c166bd92f8ae7d1c313e738c731dfc3", size: 9 },
    commit: { sha: "7638417db6d59f3c431d3e1f261cc637155684cd", message: "Update the price list" },
  },

  async run({ api, input }) {
    const path = contentsPath(input.repository, input.path);
    const bytes = input.source === "file" ? Buffer.from(input.file!.base64, "base64") : Buffer.from(input.text ?? "");
    const found = await api({ path, query: { ref: input.branch }, expect: [404] });
    const present = found.status === 404 ? undefined : (found.body as { readonly [name: string]: Json });
    if (present?.sha === blobSha(bytes))
      return { changed: false, content: dropLinks(dropContent(present)), commit: null };
    // Without `sha` GitHub refuses to overwrite, with an old one too: nobody's change in between is lost.
    const json = {
      message: input.message,
      content: bytes.toString("base64"),
      branch: input.branch || undefined,
      sha: present?.sha,
    };
    const { body } = await api({ method: "PUT", path, json });
    const { content, commit } = body as { readonly [name: string]: Json };
    return { changed: true, content: dropLinks(content ?? null), commit: dropLinks(commit ?? null) };
  },
});

/** The id that git gives to this content. */
function blobSha(bytes: Buffer): string {
  return createHash("sha1").update(`blob ${bytes.byteLength}\0`).update(bytes).digest("hex");
}

function dropContent({ content: _, encoding: __, ...rest }: { readonly [name: string]: Json }): Json {
  return rest;
}
