import { z } from "zod";
import type { Variable } from "../../domain/variable-store.ts";
import { pageOf, showAll } from "./page.ts";
import { answer, defineRoute } from "./route.ts";
import { anyJson, showTime, time } from "./values.ts";

const variable = z.object({ name: z.string(), value: anyJson, updatedAt: time }).meta({ id: "Variable" });
const variables = pageOf(variable);

export const variableRoutes = [
  defineRoute({
    method: "GET",
    path: "/variables",
    operation: "listVariables",
    summary: "List the variables of the workspace",
    description: "Expressions read them as `vars.<name>`.",
    needs: "read",
    responses: { 200: { description: "All variables by name.", schema: variables } },
    errors: [],
    async handle({ scope }, services) {
      return answer(200, showAll(await services.variables.list(scope), show));
    },
  }),

  defineRoute({
    method: "PUT",
    path: "/variables",
    operation: "replaceVariables",
    summary: "Replace all variables of the workspace",
    description: "Takes what GET answers: variables that are left out are deleted, `updatedAt` is ignored.",
    needs: "write",
    body: z.strictObject({
      data: z.array(
        z.strictObject({
          name: z.string(),
          value: anyJson.refine((value) => value !== undefined, "is required"),
          updatedAt: z.string().optional(),
        }),
      ),
      nextCursor: z.null().optional(),
    }),
    responses: { 200: { description: "All variables as they are now.", schema: variables } },
    errors: [],
    async handle({ scope, body }, services) {
      return answer(200, showAll(await services.variables.replace(scope, body.data), show));
    },
  }),
];

function show({ name, value, updatedAt }: Variable): z.input<typeof variable> {
  return { name, value, updatedAt: showTime(updatedAt) };
}
