import { z } from "zod";
import { pageOf, showAll } from "./page.ts";
import { answer, defineRoute } from "./route.ts";

const DAY_MS = 86_400_000;
const usageOfDay = z.object({
  day: z.string().meta({ format: "date", description: "A day in UTC." }),
  runs: z.int().meta({ description: "Runs that were started on that day." }),
});

export const usageRoutes = [
  defineRoute({
    method: "GET",
    path: "/usage",
    operation: "listUsage",
    summary: "How many runs the tenant started, by day",
    needs: "read",
    query: z.strictObject({
      days: z.coerce
        .number("must be a whole number")
        .int("must be a whole number")
        .min(1, "must be at least 1")
        .max(366, "must be at most 366")
        .default(30)
        .meta({ description: "How many days back, today included." }),
    }),
    responses: {
      200: { description: "The days on which runs were started, newest first.", schema: pageOf(usageOfDay) },
    },
    errors: [],
    async handle({ scope, query }, { runs, clock }) {
      const today = Math.floor(clock.now() / DAY_MS) * DAY_MS;
      const days = await runs.usage(scope, today - (query.days - 1) * DAY_MS);
      return answer(
        200,
        showAll(days, ({ day, runs }) => ({ day, runs })),
      );
    },
  }),
];
