import styles from "../../../views/public/app.css" with { type: "text" };
import icon from "../../../views/public/icon.svg" with { type: "text" };
import { sha256Hex } from "../../platform/crypto/digest.ts";

/** A file that is part of the program; its address changes with its content, so that it can be cached for ever. */
export interface Asset {
  readonly path: string;
  readonly content: string;
  readonly contentType: string;
}

export const stylesAsset = asset("app", "css", styles, "text/css; charset=utf-8");
export const iconAsset = asset("icon", "svg", icon, "image/svg+xml");

function asset(name: string, extension: string, content: string, contentType: string): Asset {
  return { path: `/public/${name}.${sha256Hex(content).slice(0, 12)}.${extension}`, content, contentType };
}
