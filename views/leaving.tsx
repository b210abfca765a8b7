import { Html } from "@elysiajs/html";

/** On the way to another site after a form was sent; a plain redirect from there would be refused by the browser. */
export function LeavingPage({ url }: { url: string }): JSX.Element {
  return (
    <>
      {"<!doctype html>"}
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta http-equiv="refresh" content={`0;url=${url}`} />
          <title>Going on…</title>
        </head>
        <body>
          <p>
            Going on to <a href={url}>the other site</a>…
          </p>
        </body>
      </html>
    </>
  );
}
