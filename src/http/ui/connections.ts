import type { AppProblemView } from "../../../views/connections/connections-page.tsx";
import type { Connection } from "../../domain/connection.ts";
import { AppError } from "../../domain/errors.ts";
import type { OAuthAppProblem } from "../../domain/oauth-store.ts";
import type { SignedIn } from "../../domain/signed-in.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { Services } from "../services.ts";
import { describeAudit } from "./describe-audit.ts";
import { fieldErrorsOf } from "./field-errors.ts";
import { leaveTo, type PageAnswer, page, redirect } from "./page-answer.ts";
import { definePage } from "./page-route.ts";

const PAGE_SIZE = 50;
const HISTORY_SIZE = 6;

export const connectionPages = [
  definePage({
    method: "GET",
    path: "/connections",
    access: "connection.read",
    async handle({ signedIn: { scope, csrfToken }, query }, services) {
      const cursor = query.get("cursor");
      const { items, nextCursor } = await services.connections.list(scope, { limit: PAGE_SIZE, cursor });
      const [problems, shown] = await Promise.all([
        services.oauth.apps.problems(scope),
        Promise.all(
          items.map(async (connection) => ({
            ...connection,
            connectorTitle: await services.connectOptions.titleOf(connection.connector),
          })),
        ),
      ]);
      const { ConnectionsPage } = await import("../../../views/connections/connections-page.tsx");
      const view = ConnectionsPage({
        connections: shown,
        problems: await Promise.all(problems.map((problem) => describeProblem(problem, items, scope, services))),
        older: nextCursor === null ? null : `/connections?cursor=${encodeURIComponent(nextCursor)}`,
        newest: cursor === null ? null : "/connections",
        mayWrite: scope.permissions.has("connection.write"),
        csrf: csrfToken,
      });
      return page({ title: "Connections", section: "connections" }, view);
    },
  }),

  definePage({
    method: "GET",
    path: "/connections/:id",
    access: "connection.read",
    handle: ({ signedIn, params }, services) => showConnection(signedIn, params.id, services),
  }),

  definePage({
    method: "POST",
    path: "/connections/:id/test",
    access: "connection.write",
    async handle({ signedIn: { scope }, params }, { connections }) {
      const tested = await connections.test(scope, params.id);
      const asWhom = tested.ok && tested.account ? ` as ${tested.account.label}` : "";
      const good =
        tested.ok && tested.asked
          ? `It works${asWhom}.`
          : "The credential is stored and readable; this connector cannot test more.";
      return redirect(`/connections/${params.id}`, {
        flash: tested.ok ? { kind: "success", text: good } : { kind: "error", text: tested.problem },
      });
    },
  }),

  definePage({
    method: "POST",
    path: "/connections/:id/reconnect",
    access: "connection.write",
    async handle({ signedIn: { scope, sessionId }, params }, { oauth }) {
      return leaveTo((await oauth.beginAgain(scope, sessionId, params.id)).href);
    },
  }),

  definePage({
    method: "POST",
    path: "/connections/:id/rename",
    access: "connection.write",
    async handle({ signedIn, params, form }, services) {
      const name = (form.get("name") ?? "").trim();
      try {
        await services.connections.update(signedIn.scope, params.id, { name });
      } catch (error) {
        return showConnection(signedIn, params.id, services, { name, error: fieldErrorsOf(error).name ?? "" });
      }
      return redirect(`/connections/${params.id}`, { flash: { kind: "success", text: "Renamed." } });
    },
  }),

  definePage({
    method: "POST",
    path: "/connections/:id/delete",
    access: "connection.write",
    async handle({ signedIn: { scope }, params, form }, { connections }) {
      try {
        await connections.remove(scope, params.id, { leaveRegistered: form.get("leaveRegistered") !== null });
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== "conflict") throw error;
        return redirect(`/connections/${params.id}`, { flash: { kind: "error", text: error.message } });
      }
      return redirect("/connections", { flash: { kind: "success", text: "The connection is deleted." } });
    },
  }),
];

async function showConnection(
  { scope, csrfToken }: SignedIn,
  id: string,
  services: Services,
  renaming: { readonly name: string; readonly error: string } | null = null,
): Promise<PageAnswer> {
  const health = await services.connections.health(scope, id);
  const { connection } = health;
  const headroom = await services.headroom(scope, id);
  const option = await services.connectOptions.find(scope, connection.connector).catch(ifMissing);
  const scheme = option?.schemes.find(({ name }) => name === connection.scheme);
  const { ConnectionPage } = await import("../../../views/connections/connection-page.tsx");
  const view = ConnectionPage({
    ...health,
    history: scope.permissions.has("audit.read") ? await historyOf(scope, id, services) : null,
    connectorTitle: option?.title ?? connection.connector,
    schemeTitle: scheme?.title ?? connection.scheme,
    oauth: scheme?.oauth ?? null,
    headroom,
    renaming,
    mayWrite: scope.permissions.has("connection.write"),
    csrf: csrfToken,
  });
  const title = connection.name;
  return page({ title, section: "connections", status: renaming ? 422 : 200 }, view);
}

/** An app is known by its provider's name in the environment; people know the connector. */
async function describeProblem(
  problem: OAuthAppProblem,
  shown: readonly Connection[],
  scope: Scope,
  { connectOptions }: Services,
): Promise<AppProblemView> {
  for (const connector of new Set(shown.map((each) => each.connector))) {
    const option = await connectOptions.find(scope, connector).catch(ifMissing);
    const scheme = option?.schemes.find(({ oauth }) => oauth?.app.provider === problem.provider);
    if (!option || !scheme) continue;
    const href = scope.permissions.has("connection.write")
      ? `/connections/new/${connector}?scheme=${encodeURIComponent(scheme.name)}`
      : null;
    return { ...problem, title: option.title, href };
  }
  return { ...problem, title: problem.provider, href: null };
}

async function historyOf(scope: Scope, target: string, services: Services) {
  const { items } = await services.audit.list(scope, { limit: HISTORY_SIZE, cursor: null }, { target });
  return describeAudit(items, scope, services);
}

/** A connector may have gone with an upgrade; its connections can still be looked at and deleted. */
function ifMissing(error: unknown): null {
  if (error instanceof AppError && error.code === "not_found") return null;
  throw error;
}
