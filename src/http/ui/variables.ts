import { AppError } from "../../domain/errors.ts";
import type { Json } from "../../domain/json.ts";
import type { SignedIn } from "../../domain/signed-in.ts";
import type { Services } from "../services.ts";
import { type FieldErrors, fieldErrorsOf } from "./field-errors.ts";
import { type PageAnswer, page, redirect } from "./page-answer.ts";
import { definePage } from "./page-route.ts";

export const variablePages = [
  definePage({
    method: "GET",
    path: "/variables",
    access: "variable.read",
    handle: ({ signedIn }, services) => showVariables(signedIn, services, {}),
  }),

  definePage({
    method: "POST",
    path: "/variables",
    access: "variable.write",
    async handle({ signedIn, form }, services) {
      const entered = {
        name: (form.get("name") ?? "").trim(),
        kind: form.get("kind") === "json" ? "json" : "text",
        // A browser sends line ends as CRLF.
        value: (form.get("value") ?? "").replaceAll("\r\n", "\n"),
      };
      try {
        await services.variables.set(signedIn.scope, { name: entered.name, value: readValue(entered) });
      } catch (error) {
        return showVariables(signedIn, services, { errors: fieldErrorsOf(error), entered });
      }
      return redirect("/variables", { flash: { kind: "success", text: `The variable ${entered.name} is saved.` } });
    },
  }),

  definePage({
    method: "POST",
    path: "/variables/:name/delete",
    access: "variable.write",
    async handle({ signedIn: { scope }, params }, { variables }) {
      await variables.remove(scope, params.name);
      return redirect("/variables", { flash: { kind: "success", text: `The variable ${params.name} is deleted.` } });
    },
  }),
];

interface Entered {
  readonly name: string;
  readonly kind: string;
  readonly value: string;
}

function readValue({ kind, value }: Entered): Json {
  if (kind === "text") return value;
  try {
    return JSON.parse(value) as Json;
  } catch (cause) {
    const fields = [{ path: "value", message: `is not JSON: ${(cause as Error).message}` }];
    throw new AppError("invalid", "The variable has errors.", { fields, cause });
  }
}

async function showVariables(
  { scope, csrfToken }: SignedIn,
  { variables }: Services,
  { errors, entered }: { readonly errors?: FieldErrors; readonly entered?: Entered },
): Promise<PageAnswer> {
  const { VariablesPage } = await import("../../../views/variables/variables-page.tsx");
  const view = VariablesPage({
    variables: await variables.list(scope),
    errors: errors ?? {},
    entered: entered ?? { name: "", kind: "text", value: "" },
    csrf: csrfToken,
    mayWrite: scope.permissions.has("variable.write"),
  });
  return page({ title: "Variables", section: "variables", status: errors ? 422 : 200 }, view);
}
