import { AppError } from "../../domain/errors.ts";
import { respondWith } from "./page-answer.ts";
import { definePage } from "./page-route.ts";

/** A connector's icon for `<use href="…#icon">`, which takes the colour of the text around it. */
export const connectorIconPages = [
  definePage({
    method: "GET",
    path: "/connector-icons/:connector",
    access: "signed_in",
    async handle({ params }, { connectorForms }) {
      const markup = await connectorForms.icon(params.connector);
      if (markup === null) throw new AppError("not_found", "There is no such connector.");
      const named = markup.replace("<svg", '<svg id="icon"');
      return respondWith(
        new Response(named, { headers: { "content-type": "image/svg+xml", "cache-control": "private, max-age=3600" } }),
      );
    },
  }),
];
