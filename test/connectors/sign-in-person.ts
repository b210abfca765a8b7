import { entriesOfForm } from "../html-form.ts";
import type { StartedApp, TestTenant } from "../start-app.ts";

/** A page as somebody's browser has it, wherever that was led. */
export interface SeenPage {
  readonly url: URL;
  readonly status: number;
  readonly html: string;
}

/** Somebody with a browser that runs no scripts: fills in forms and goes where answers lead, also to the makers' pages. */
export interface Person {
  open(path: string): Promise<SeenPage>;
  /** Sends a form of the page, recognised by where it goes, as it stands there but for what is `entered`. */
  submit(page: SeenPage, action: string, entered?: Readonly<Record<string, string>>): Promise<SeenPage>;
  /** Connects an account through the pages, consenting to everything; gives the connection's id. */
  connect(connector: string, scheme: string, entered?: Readonly<Record<string, string>>): Promise<string>;
}

const PASSWORD = "correct horse battery staple";

/** Somebody new in the tenant, who may do everything, signed in. */
export async function signInPerson(app: StartedApp, scope: TestTenant["scope"]): Promise<Person> {
  const email = `person-${crypto.randomUUID()}@acme.example`;
  const wanted = { email, name: "Ada Lovelace", role: "owner", password: PASSWORD, isOperator: false } as const;
  await app.app.services.accounts.createUser(scope, wanted);
  return signIn(app, email, PASSWORD);
}

/** Somebody who is known there, with a browser of their own. */
export async function signIn(app: Pick<StartedApp, "url">, email: string, password: string): Promise<Person> {
  const jar = new Map<string, string>();

  async function follow(url: URL, body?: URLSearchParams): Promise<SeenPage> {
    const isOurs = url.port === new URL(app.url).port;
    const response = await fetch(isOurs ? app.url + url.pathname + url.search : url, {
      redirect: "manual",
      headers: { accept: "text/html", ...(isOurs && { cookie: writeCookies(jar) }), ...(body && { origin: app.url }) },
      ...(body && { method: "POST", body }),
    });
    if (isOurs) keepCookies(jar, response);
    const html = await response.text();
    const next = response.headers.get("location") ?? readRefresh(html);
    return next === null ? { url, status: response.status, html } : follow(new URL(next, url));
  }

  const person: Person = {
    open: (path) => follow(new URL(path, app.url)),
    async submit(page, action, entered = {}) {
      const form = page.html.split("<form").find((each) => each.startsWith(` method="post" action="${action}"`));
      if (form === undefined) throw new Error(`no form to ${action} at ${page.url.href}: ${page.html.slice(0, 2_000)}`);
      const entries = Object.entries({
        ...Object.fromEntries(await entriesOfForm(form.split("</form>")[0]!)),
        ...entered,
      });
      return follow(new URL(action, app.url), new URLSearchParams(entries));
    },
    async connect(connector, scheme, entered) {
      const form = await person.open(`/connections/new/${connector}?scheme=${scheme}`);
      const { url, html } = await person.submit(form, `/connections/new/${connector}/${scheme}`, entered);
      const [, id] = /^\/connections\/(conn_\w+)$/.exec(url.pathname) ?? [];
      if (id === undefined) throw new Error(`not connected: ${url.href}: ${html}`);
      return id;
    },
  };
  await follow(new URL("/sign-in", app.url), new URLSearchParams({ email, password }));
  return person;
}

function writeCookies(jar: ReadonlyMap<string, string>): string {
  return [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
}

function keepCookies(jar: Map<string, string>, { headers }: Response): void {
  for (const cookie of headers.getSetCookie()) {
    const [name = "", value = ""] = cookie.split(";")[0]!.split("=");
    if (value === "") jar.delete(name);
    else jar.set(name, value);
  }
}

/** A form leads to another site by way of a page. */
function readRefresh(html: string): string | null {
  const [, url] = /http-equiv="refresh" content="0;url=([^"]+)"/.exec(html) ?? [];
  return url?.replaceAll("&amp;", "&") ?? null;
}
