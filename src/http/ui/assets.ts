import htmxSse from "htmx.org/dist/ext/hx-sse.min.js" with { type: "text" };
import htmx from "htmx.org/dist/htmx.min.js" with { type: "text" };
import icon from "../../../views/public/icon.svg" with { type: "text" };
import appScript from "../../../views/public/scripts/app.js" with { type: "text" };
import base from "../../../views/public/styles/base.css" with { type: "text" };
import controls from "../../../views/public/styles/controls.css" with { type: "text" };
import frame from "../../../views/public/styles/frame.css" with { type: "text" };
import surfaces from "../../../views/public/styles/surfaces.css" with { type: "text" };
import tokens from "../../../views/public/styles/tokens.css" with { type: "text" };
import { sha256Hex } from "../../platform/crypto/digest.ts";
import type { Endpoint } from "../endpoint.ts";
import { immutableResponse } from "../responses.ts";

/** A file that is part of the program; its address changes with its content, so that it can be cached for ever. */
export interface Asset {
  readonly path: string;
  readonly content: string;
  readonly contentType: string;
}

const stylesAsset = asset(
  "app",
  "css",
  [tokens, base, frame, controls, surfaces].join("\n"),
  "text/css; charset=utf-8",
);
const scriptAsset = asset("app", "js", [htmx, htmxSse, appScript].join(";\n"), "text/javascript; charset=utf-8");
const iconAsset = asset("icon", "svg", icon, "image/svg+xml");

/** What every page loads. */
export const assetPaths = { styles: stylesAsset.path, script: scriptAsset.path, icon: iconAsset.path };

export const assetEndpoints: readonly Endpoint[] = [stylesAsset, scriptAsset, iconAsset].map(serveAsset);

function asset(name: string, extension: string, content: string, contentType: string): Asset {
  return { path: `/public/${name}.${sha256Hex(content).slice(0, 12)}.${extension}`, content, contentType };
}

function serveAsset({ path, content, contentType }: Asset): Endpoint {
  let packed: Uint8Array<ArrayBuffer> | null = null;
  const headers = { "content-type": contentType, vary: "accept-encoding" };
  return {
    method: "GET",
    path,
    answer(request) {
      if (!request.headers.get("accept-encoding")?.includes("gzip")) return immutableResponse(content, headers);
      // Made once, when first asked for: a server that only takes webhooks never needs it.
      packed ??= Bun.gzipSync(Buffer.from(content));
      return immutableResponse(packed, { ...headers, "content-encoding": "gzip" });
    },
  };
}
