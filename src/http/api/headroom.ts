import { z } from "zod";
import { answer, defineRoute } from "./route.ts";
import { showTimeOrNull, time } from "./values.ts";

const headroom = z
  .object({
    limits: z.array(
      z.object({
        title: z.string(),
        scope: z.enum(["app", "tenant", "connection"]).meta({ description: "Who shares the budget." }),
        requests: z.number().meta({ description: "So many requests; the provider's own number where it tells one." }),
        perMs: z.number().meta({ description: "In so many milliseconds." }),
        remaining: z.number().nullable().meta({ description: "What the provider last said is left." }),
        readAt: time.nullable().meta({ description: "When it last said so." }),
        availableNow: z.number().meta({ description: "How many calls could leave at once." }),
        frozenUntil: time.nullable().meta({ description: "The provider refused; nothing leaves before." }),
        waiting: z.int().meta({ description: "Runs that wait for it on this server." }),
      }),
    ),
    callsUnderWay: z.int(),
    maxConcurrentCalls: z.int().nullable(),
  })
  .meta({ id: "Headroom" });

/** What a connection has left of what its provider gives. */
export const headroomRoutes = [
  defineRoute({
    method: "GET",
    path: "/connections/:id/headroom",
    operation: "getConnectionHeadroom",
    summary: "See how much of its provider's limits a connection has left",
    needs: "read",
    responses: { 200: { description: "Each limit with what is left of it.", schema: headroom } },
    errors: ["not_found"],
    async handle({ scope, params }, services) {
      const { limits, ...calls } = await services.headroom(scope, params.id);
      const shown = limits.map(({ readAt, frozenUntil, ...limit }) => ({
        ...limit,
        readAt: showTimeOrNull(readAt),
        frozenUntil: showTimeOrNull(frozenUntil),
      }));
      return answer(200, { limits: shown, ...calls });
    },
  }),
];
