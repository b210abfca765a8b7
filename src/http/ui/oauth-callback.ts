import { AppError } from "../../domain/errors.ts";
import { connectedFor } from "./builder/connected-for.ts";
import { page, redirect } from "./page-answer.ts";
import { definePage } from "./page-route.ts";
import { relativePath } from "./relative-path.ts";

/** Where providers send people back to. Nothing is changed by who only opens it: the state was made for one session. */
export const oauthCallbackPages = [
  definePage({
    method: "GET",
    path: "/oauth/callback/:provider",
    access: "connection.write",
    async handle({ signedIn, params, query }, services) {
      const { scope, sessionId, csrfToken } = signedIn;
      const answer = {
        state: query.get("state") ?? "",
        code: query.get("code"),
        error: query.get("error"),
        errorDescription: query.get("error_description"),
        issuer: query.get("iss"),
      };
      try {
        const finished = await services.oauth.finish(scope, sessionId, params.provider, answer);
        if (finished.kind === "connected") {
          const { connection, isNew } = finished;
          const next = relativePath(finished.returnTo, "");
          if (isNew && next !== "") return await connectedFor(scope, next, connection, services);
          const text = isNew ? "Connected." : "Reconnected. Runs that waited go on.";
          return redirect(next || `/connections/${connection.id}`, { flash: { kind: "success", text } });
        }
        const { OtherAccountPage } = await import("../../../views/connections/other-account-page.tsx");
        const view = OtherAccountPage({ ...finished, csrf: csrfToken });
        return page({ title: "Another account", section: "connections" }, view);
      } catch (error) {
        if (!(error instanceof AppError) || !["invalid", "conflict"].includes(error.code)) throw error;
        const { NotConnectedPage } = await import("../../../views/connections/not-connected-page.tsx");
        const view = NotConnectedPage({ problem: error.message });
        return page({ title: "Not connected", section: "connections", status: 422 }, view);
      }
    },
  }),

  definePage({
    method: "POST",
    path: "/oauth/confirm",
    access: "connection.write",
    async handle({ signedIn: { scope, sessionId }, form }, { oauth }) {
      const connection = await oauth.confirm(scope, sessionId, form.get("token") ?? "");
      const text = `Reconnected as ${connection.account?.label ?? "another account"}. Runs that waited go on.`;
      return redirect(`/connections/${connection.id}`, { flash: { kind: "success", text } });
    },
  }),
];
