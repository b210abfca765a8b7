import { Html, type PropsWithChildren } from "@elysiajs/html";

export interface LayoutProps {
  readonly title: string;
  /** Addresses of the files that every page loads. */
  readonly assets: Assets;
}

export interface Assets {
  readonly styles: string;
  readonly icon: string;
}

/** The frame of every page. */
export function Layout({ title, assets, children }: PropsWithChildren<LayoutProps>): JSX.Element {
  return (
    <>
      {"<!doctype html>"}
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title safe>{`${title} · IntegrationSync`}</title>
          <link rel="icon" type="image/svg+xml" href={assets.icon} />
          <link rel="stylesheet" href={assets.styles} />
        </head>
        <body>
          <main>{children}</main>
        </body>
      </html>
    </>
  );
}
