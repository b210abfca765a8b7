import type { ApiKey } from "../../domain/api-key-store.ts";
import { API_KEY_SCOPES } from "../../domain/permission.ts";
import type { SignedIn } from "../../domain/signed-in.ts";
import type { Services } from "../services.ts";
import { type FieldErrors, fieldErrorsOf } from "./field-errors.ts";
import { type PageAnswer, page, redirect } from "./page-answer.ts";
import { definePage } from "./page-route.ts";

const PAGE_SIZE = 50;
const DAY_MS = 86_400_000;
/** How long a key may live, in days, as the form offers it; empty for ever. */
const LIFETIMES: readonly string[] = ["", "7", "30", "90", "365"];

export const apiKeyPages = [
  definePage({
    method: "GET",
    path: "/api-keys",
    access: "api_key.read",
    handle: ({ signedIn, query }, services) => showKeys(signedIn, services, { cursor: query.get("cursor") }),
  }),

  definePage({
    method: "POST",
    path: "/api-keys",
    access: "api_key.write",
    async handle({ signedIn, form }, services) {
      const days = form.get("days") ?? "";
      const wanted = {
        name: (form.get("name") ?? "").trim(),
        scopes: API_KEY_SCOPES.filter((scope) => form.getAll("scopes").includes(scope)),
        expiresAt: days !== "" && LIFETIMES.includes(days) ? services.clock.now() + Number(days) * DAY_MS : null,
      };
      try {
        const { text } = await services.apiKeys.create(signedIn.scope, wanted);
        // Shown by this very answer: in a redirect the key would stand in an address or a cookie.
        return await showKeys(signedIn, services, { created: { name: wanted.name, text } });
      } catch (error) {
        return showKeys(signedIn, services, { errors: fieldErrorsOf(error), entered: { ...wanted, days } });
      }
    },
  }),

  definePage({
    method: "POST",
    path: "/api-keys/:id/delete",
    access: "api_key.write",
    async handle({ signedIn: { scope }, params }, { apiKeys }) {
      await apiKeys.remove(scope, params.id);
      return redirect("/api-keys", {
        flash: { kind: "success", text: "The key is deleted. It opens nothing any more." },
      });
    },
  }),
];

interface Shown {
  readonly cursor?: string | null;
  readonly created?: { readonly name: string; readonly text: string };
  readonly errors?: FieldErrors;
  readonly entered?: { readonly name: string; readonly scopes: readonly string[]; readonly days: string };
}

async function showKeys({ scope, csrfToken }: SignedIn, services: Services, shown: Shown): Promise<PageAnswer> {
  const cursor = shown.cursor ?? null;
  const { items, nextCursor } = await services.apiKeys.list(scope, { limit: PAGE_SIZE, cursor });
  const { ApiKeysPage } = await import("../../../views/api-keys/api-keys-page.tsx");
  const view = ApiKeysPage({
    keys: items.map((key) => toLine(key, services.clock.now())),
    created: shown.created ?? null,
    errors: shown.errors ?? {},
    entered: shown.entered ?? { name: "", scopes: ["read"], days: "" },
    older: nextCursor === null ? null : `/api-keys?cursor=${encodeURIComponent(nextCursor)}`,
    newest: cursor === null ? null : "/api-keys",
    csrf: csrfToken,
    mayWrite: scope.permissions.has("api_key.write"),
  });
  return page({ title: "API keys", section: "api-keys", status: shown.errors ? 422 : 200 }, view);
}

function toLine({ id, name, scopes, createdAt, expiresAt, lastUsedAt }: ApiKey, now: number) {
  const isExpired = expiresAt !== null && expiresAt <= now;
  return { id, name, scopes, createdAt, expiresAt, lastUsedAt, isExpired };
}
