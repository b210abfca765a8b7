import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import Provider, { type Configuration } from "oidc-provider";

export const CLIENT = { id: "integrationsync", secret: "a secret of the test's own provider 1" };

/** What the provider says about somebody, besides `sub`. */
export type Claims = Readonly<Record<string, unknown>>;

/** A certified OpenID provider in this process, and somebody who signs in to it without a browser window. */
export async function startOpenidPeer(redirectUri: string, claimsOf: (login: string) => Claims) {
  let handle: RequestListener = (_request, response) => void response.end();
  const server = createServer((request, response) => handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const configuration: Configuration = {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [redirectUri],
        grant_types: ["authorization_code"],
        response_types: ["code"],
      },
    ],
    pkce: { required: () => true },
    scopes: ["openid", "email", "profile"],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "groups"] },
    features: { devInteractions: { enabled: true } },
    clockTolerance: 0,
    cookies: { keys: ["of the test only"] },
    findAccount: async (_context, sub) => ({ accountId: sub, claims: async () => ({ sub, ...claimsOf(sub) }) }),
  };
  const provider = new Provider(issuer, configuration);
  handle = provider.callback();

  /** Signs in as `login` and consents; returns where the provider sends the browser back to. */
  async function visit(authorizeUrl: string, login: string): Promise<URL> {
    const cookies = new Map<string, string>();
    let url = new URL(authorizeUrl);
    let init: RequestInit = {};
    for (let hop = 0; hop < 15; hop += 1) {
      const headers = new Headers(init.headers);
      headers.set("cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
      const response = await fetch(url, { ...init, headers, redirect: "manual" });
      init = {};
      for (const cookie of response.headers.getSetCookie()) {
        const [pair = ""] = cookie.split(";");
        cookies.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
      }
      const location = response.headers.get("location");
      if (location !== null) {
        url = new URL(location, url);
        if (url.href.startsWith(redirectUri)) return url;
        continue;
      }
      const html = await response.text();
      const prompt = /name="prompt" value="(\w+)"/.exec(html)?.[1];
      const action = /<form[^>]*action="([^"]+)"/.exec(html)?.[1];
      if (!prompt || !action) throw new Error(`no form at ${url}: ${response.status} ${html.slice(0, 300)}`);
      const body = new URLSearchParams(prompt === "login" ? { prompt, login, password: "x" } : { prompt });
      init = { method: "POST", body };
      url = new URL(action, url);
    }
    throw new Error("too many hops at the provider");
  }

  return {
    issuer,
    visit,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
