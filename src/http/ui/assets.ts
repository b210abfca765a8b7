import { readFileSync } from "node:fs";
import interExtended from "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2" with { type: "file" };
import inter from "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2" with { type: "file" };
import htmxSse from "htmx.org/dist/ext/hx-sse.min.js" with { type: "text" };
import htmx from "htmx.org/dist/htmx.min.js" with { type: "text" };
import icon from "../../../views/public/icon.svg" with { type: "text" };
import appScript from "../../../views/public/scripts/app.js" with { type: "text" };
import builderText from "../../../views/public/scripts/builder.js" with { type: "text" };
import base from "../../../views/public/styles/base.css" with { type: "text" };
import connections from "../../../views/public/styles/connections.css" with { type: "text" };
import controls from "../../../views/public/styles/controls.css" with { type: "text" };
import frame from "../../../views/public/styles/frame.css" with { type: "text" };
import lists from "../../../views/public/styles/lists.css" with { type: "text" };
import people from "../../../views/public/styles/people.css" with { type: "text" };
import runs from "../../../views/public/styles/runs.css" with { type: "text" };
import surfaces from "../../../views/public/styles/surfaces.css" with { type: "text" };
import tokens from "../../../views/public/styles/tokens.css" with { type: "text" };
import workflow from "../../../views/public/styles/workflow.css" with { type: "text" };
import { sha256Hex } from "../../platform/crypto/digest.ts";
import type { Endpoint } from "../endpoint.ts";
import { immutableResponse } from "../responses.ts";

/** A file that is part of the program; its address changes with its content, so that it can be cached for ever. */
export interface Asset {
  readonly path: string;
  readonly content: string | Uint8Array<ArrayBuffer>;
  readonly contentType: string;
}

const font = (name: string, file: string) => asset(name, "woff2", readFileSync(file), "font/woff2");
const interAsset = font("inter", inter);
const interExtendedAsset = font("inter-extended", interExtended);

const stylesAsset = asset(
  "app",
  "css",
  [tokens, fontFaces(), base, frame, controls, surfaces, runs, lists, workflow, people, connections].join("\n"),
  "text/css; charset=utf-8",
);
const scriptAsset = asset("app", "js", [htmx, htmxSse, appScript].join(";\n"), "text/javascript; charset=utf-8");
const iconAsset = asset("icon", "svg", icon, "image/svg+xml");

const builderAsset = asset("builder", "js", builderText, "text/javascript; charset=utf-8");
/** The workflow page's. */
export const builderScript = builderAsset.path;

/** What every page loads. */
export const assetPaths = {
  styles: stylesAsset.path,
  script: scriptAsset.path,
  icon: iconAsset.path,
  font: interAsset.path,
};

export const assetEndpoints: readonly Endpoint[] = [
  stylesAsset,
  scriptAsset,
  builderAsset,
  iconAsset,
  interAsset,
  interExtendedAsset,
].map(serveAsset);

/** Letters of most languages written in Latin; the system's font has the others. */
function fontFaces(): string {
  const face = (path: string, range: string) =>
    `@font-face{font-family:"Inter";font-style:normal;font-weight:100 900;font-display:swap;` +
    `src:url("${path}") format("woff2");unicode-range:${range}}`;
  return [
    face(
      interExtendedAsset.path,
      "U+0100-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+1E00-1E9F,U+1EF2-1EFF,U+20A0-20AB,U+20AD-20C0",
    ),
    face(
      interAsset.path,
      "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215",
    ),
  ].join("\n");
}

function asset(name: string, extension: string, content: Asset["content"], contentType: string): Asset {
  return { path: `/public/${name}.${sha256Hex(content).slice(0, 12)}.${extension}`, content, contentType };
}

function serveAsset({ path, content, contentType }: Asset): Endpoint {
  let packed: Uint8Array<ArrayBuffer> | null = null;
  const headers = { "content-type": contentType, vary: "accept-encoding" };
  return {
    method: "GET",
    path,
    answer(request) {
      const wantsPacked = request.headers.get("accept-encoding")?.includes("gzip") === true;
      // A font is packed already.
      if (typeof content !== "string" || !wantsPacked) return immutableResponse(content, headers);
      // Made once, when first asked for: a server that only takes webhooks never needs it.
      packed ??= Bun.gzipSync(Buffer.from(content));
      return immutableResponse(packed, { ...headers, "content-encoding": "gzip" });
    },
  };
}
