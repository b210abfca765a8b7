/** A person's browser without a window: keeps cookies, sends forms as pages do, follows redirects within the server. */
export interface Visited {
  readonly status: number;
  /** Path and query of where it ended up; for another origin the whole address. */
  readonly at: string;
  readonly html: string;
  readonly headers: Headers;
}

export class Browser {
  readonly #origin: string;
  readonly cookies = new Map<string, string>();
  /** `Set-Cookie` headers as they came, newest last. */
  readonly setCookies: string[] = [];
  #csrf: string | null = null;
  /** More headers with every request, such as those of a proxy. */
  readonly headers: Record<string, string>;

  constructor(origin: string, headers: Record<string, string> = {}) {
    this.#origin = origin;
    this.headers = headers;
  }

  open(path: string): Promise<Visited> {
    return this.#go(path, {});
  }

  /** Sends a form, with the token of the page that was opened last. */
  submit(path: string, fields: Readonly<Record<string, string>>): Promise<Visited> {
    const body = new URLSearchParams(fields);
    if (this.#csrf !== null && !("_csrf" in fields)) body.set("_csrf", this.#csrf);
    return this.#go(path, { method: "POST", body, headers: { origin: this.#origin } });
  }

  /** One request as it is, without following where it leads. */
  async send(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers({ ...this.headers, ...(init.headers as Record<string, string>) });
    if (this.cookies.size > 0) headers.set("cookie", [...this.cookies].map(([k, v]) => `${k}=${v}`).join("; "));
    const response = await fetch(new URL(path, this.#origin), { ...init, headers, redirect: "manual" });
    for (const cookie of response.headers.getSetCookie()) this.#keep(cookie);
    return response;
  }

  async #go(path: string, init: RequestInit): Promise<Visited> {
    let target = path;
    let next = init;
    for (let hop = 0; hop < 6; hop += 1) {
      const response = await this.send(target, next);
      const location = response.headers.get("location");
      if (location === null) return this.#arrive(response, target);
      const url = new URL(location, new URL(target, this.#origin));
      if (url.origin !== this.#origin)
        return { status: response.status, at: url.href, html: "", headers: response.headers };
      target = url.pathname + url.search;
      next = {};
    }
    throw new Error(`too many redirects, now at ${target}`);
  }

  async #arrive(response: Response, at: string): Promise<Visited> {
    const html = await response.text();
    this.#csrf =
      /name="_csrf" value="([^"]+)"/.exec(html)?.[1] ??
      /X-CSRF-Token&#34;:&#34;([^&]+)|"X-CSRF-Token":"([^"]+)"/.exec(html)?.[1] ??
      null;
    return { status: response.status, at, html, headers: response.headers };
  }

  #keep(cookie: string): void {
    this.setCookies.push(cookie);
    const [pair = ""] = cookie.split(";");
    const name = pair.slice(0, pair.indexOf("="));
    const value = pair.slice(pair.indexOf("=") + 1);
    if (value === "" || /Max-Age=0/i.test(cookie)) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}
