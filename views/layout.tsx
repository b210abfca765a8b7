import { Html, type PropsWithChildren } from "@elysiajs/html";
import type { SignedIn } from "../src/domain/signed-in.ts";
import { Icon } from "./components/icon.tsx";
import { Toast, type ToastProps } from "./components/toast.tsx";
import { Navigation } from "./navigation.tsx";

export interface LayoutProps {
  readonly title: string;
  /** Addresses of the files that every page loads. */
  readonly assets: Assets;
  /** Those that only this page loads. */
  readonly scripts: readonly string[];
  /** Where in the navigation the page stands. */
  readonly section: string | null;
  /** Null: a single card without navigation. */
  readonly viewer: SignedIn | null;
  /** What the person has chosen for this browser; null: as the system has it. */
  readonly theme: "light" | "dark" | null;
  /** Told once, about what happened on the page before. */
  readonly flash: ToastProps | null;
}

export interface Assets {
  readonly styles: string;
  readonly script: string;
  readonly icon: string;
  readonly font: string;
}

/** htmx without what it could evaluate; going back asks the server again instead of a copy kept in the browser. */
const HTMX_CONFIG = JSON.stringify({
  history: "reload",
  includeIndicatorCSS: false,
  extensions: "sse",
  morphIgnore: ["data-htmx-powered", "open"],
});

/** The frame of every page. */
export function Layout({
  title,
  assets,
  scripts,
  section,
  viewer,
  theme,
  flash,
  children,
}: PropsWithChildren<LayoutProps>): JSX.Element {
  const headers = viewer ? { "hx-headers:inherited": JSON.stringify({ "X-CSRF-Token": viewer.csrfToken }) } : {};
  return (
    <>
      {"<!doctype html>"}
      <html lang="en" data-theme={theme ?? undefined}>
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content={theme ?? "light dark"} />
          <meta name="htmx-config" content={HTMX_CONFIG} />
          <title safe>{`${title} · IntegrationSync`}</title>
          <link rel="icon" type="image/svg+xml" href={assets.icon} />
          <link rel="preload" as="font" type="font/woff2" href={assets.font} crossorigin="anonymous" />
          <link rel="stylesheet" href={assets.styles} />
          {[assets.script, ...scripts].map((address) => (
            <script src={address} defer />
          ))}
        </head>
        <body attrs={headers}>
          {viewer ? (
            <AppFrame section={section} viewer={viewer}>
              {children}
            </AppFrame>
          ) : (
            <PlainFrame>{children}</PlainFrame>
          )}
          <div class="toasts" id="toasts" role="status" aria-live="polite">
            {flash ? <Toast {...flash} /> : ""}
          </div>
          <template id="toast-template">
            <Toast kind="success" text="" />
          </template>
        </body>
      </html>
    </>
  );
}

function AppFrame({
  section,
  viewer,
  children,
}: PropsWithChildren<{ section: string | null; viewer: SignedIn }>): JSX.Element {
  return (
    <>
      <a class="skip-link" href="#main">
        Skip to content
      </a>
      <div class="app-frame">
        <header class="topbar">
          <Brand />
          <button class="button" data-kind="quiet" data-icon-only="" type="button" popovertarget="navigation">
            <Icon name="menu" />
            <span class="visually-hidden">Menu</span>
          </button>
        </header>
        <Navigation section={section} viewer={viewer} />
        <main class="content" id="main" tabindex="-1">
          {children}
        </main>
      </div>
    </>
  );
}

function PlainFrame({ children }: PropsWithChildren): JSX.Element {
  return (
    <div class="plain-frame">
      <header>
        <Brand />
      </header>
      <main>{children}</main>
    </div>
  );
}

function Brand(): JSX.Element {
  return (
    <a class="brand" href="/">
      <span class="brand-mark">
        <Icon name="workflow" />
      </span>
      IntegrationSync
    </a>
  );
}
