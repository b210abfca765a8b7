import { API_ROOT } from "../api/route.ts";
import type { Endpoint } from "../endpoint.ts";
import { immutableResponse, pageResponse } from "../responses.ts";
import { type Asset, iconAsset, stylesAsset } from "./assets.ts";

/** What people open in a browser. */
export const pages: readonly Endpoint[] = [
  { method: "GET", path: "/", answer: serveWelcome },
  serveAsset(stylesAsset),
  serveAsset(iconAsset),
];

async function serveWelcome(): Promise<Response> {
  // Loaded when somebody looks: a server that only takes webhooks need not render.
  const { WelcomePage } = await import("../../../views/welcome.tsx");
  const assets = { styles: stylesAsset.path, icon: iconAsset.path };
  return pageResponse(await WelcomePage({ assets, apiDocument: `${API_ROOT}/openapi.json` }));
}

function serveAsset({ path, content, contentType }: Asset): Endpoint {
  return { method: "GET", path, answer: () => immutableResponse(content, contentType) };
}
