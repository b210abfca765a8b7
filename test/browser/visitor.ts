import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, BrowserContext, Page } from "playwright-core";

export interface VisitorOptions {
  readonly url: string;
  /** A forward proxy that leads other names than the server's own, with certificates of its own. */
  readonly proxy?: string;
  readonly theme?: "light" | "dark";
  readonly size?: { readonly width: number; readonly height: number };
  /** `Cookie` pairs of a session that is there already. */
  readonly cookies?: Readonly<Record<string, string>>;
}

export const DESK = { width: 1280, height: 860 };
export const PHONE = { width: 390, height: 844 };

/** Somebody in front of a browser. Everything that goes wrong on a page is collected in `troubles`. */
export interface Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Console errors, uncaught exceptions and what the content security policy has refused. */
  readonly troubles: string[];
  /** Opens a path of the server and waits for its scripts. */
  open(path: string): Promise<void>;
  close(): Promise<void>;
}

export async function visit(browser: Browser, options: VisitorOptions): Promise<Visitor> {
  const { url, theme = "light", size = DESK, cookies = {}, proxy } = options;
  const context = await browser.newContext({
    viewport: size,
    colorScheme: theme,
    reducedMotion: "reduce",
    baseURL: url,
    ...(proxy !== undefined && {
      proxy: { server: proxy, bypass: "localhost,127.0.0.1" },
      ignoreHTTPSErrors: true,
    }),
  });
  await context.addCookies(Object.entries(cookies).map(([name, value]) => ({ name, value, url })));
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || /content security policy/i.test(message.text())) troubles.push(message.text());
  });
  page.on("pageerror", (error) => troubles.push(String(error)));
  return {
    page,
    context,
    troubles,
    async open(path) {
      await page.goto(path, { waitUntil: "load" });
    },
    close: () => context.close(),
  };
}

/** What is wrong with the page as it stands: troubles, accessibility, and whether it scrolls sideways. */
export async function inspectPage({ page, troubles }: Visitor): Promise<string[]> {
  const findings = [...troubles];
  const { violations } = await new AxeBuilder({ page }).analyze();
  for (const { id, help, nodes } of violations)
    findings.push(
      `${id}: ${help}: ${nodes
        .slice(0, 3)
        .map(({ html }) => html.slice(0, 200))
        .join(" | ")}`,
    );
  const overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
  if (Number(overflow) > 0) findings.push(`scrolls ${overflow} pixels sideways`);
  return findings;
}
