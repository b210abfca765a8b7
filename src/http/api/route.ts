import type { z } from "zod";
import type { ErrorCode } from "../../domain/errors.ts";
import type { ApiKeyScope } from "../../domain/permission.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { Services } from "../services.ts";

/** Below this all routes stand. */
export const API_ROOT = "/api/v1";

/**
 * A route as data: `serve-route.ts` checks and answers requests by it, `openapi.ts` documents it, and the tests hold
 * the server to the document. Nothing about a route is said in two places.
 */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below `API_ROOT`; a part such as `:id` is a parameter. */
  readonly path: string;
  /** Unique; what generated clients call the operation. */
  readonly operation: string;
  readonly summary: string;
  readonly description?: string;
  /** What the caller's key must be allowed. */
  readonly needs: ApiKeyScope;
  /** Request headers that the handler reads, with what they are for. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** True: the request may come without a body, which is then undefined. */
  readonly bodyOptional?: boolean;
  readonly responses: Responses;
  /** Beside those that every route of its kind can answer. */
  readonly errors: readonly ErrorCode[];
  readonly handle: (call: Call, services: Services) => Promise<Answer>;
}

/** By status. A response without a schema has no body. */
export type Responses = Readonly<Record<number, ResponseSpec>>;
export interface ResponseSpec {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** Names and descriptions. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that was authenticated, allowed, and has the declared shape. */
export interface Call<Params = Readonly<Record<string, string>>, Query = unknown, Body = unknown> {
  readonly scope: Scope;
  readonly scopes: readonly ApiKeyScope[];
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly headers: Headers;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `"/runs/:id/steps/:rowId"` gives `{ id: string; rowId: string }`. */
type ParamsOf<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? { readonly [K in Name]: string } & ParamsOf<Rest>
  : Path extends `${string}:${infer Name}`
    ? { readonly [K in Name]: string }
    : unknown;

/** An answer with a declared status and the body that is declared for it. */
type AnswerOf<R extends Responses> = {
  [Status in keyof R & number]: {
    readonly status: Status;
    readonly headers?: Readonly<Record<string, string>>;
  } & (R[Status] extends { readonly schema: infer Schema extends z.ZodType }
    ? { readonly body: z.input<Schema> }
    : { readonly body?: undefined });
}[keyof R & number];

/** Gives `handle` the types of its parameters, query, body and answers, derived from the declarations. */
export function defineRoute<
  const Path extends string,
  const R extends Responses,
  Query extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Body extends z.ZodType = z.ZodUndefined,
  const Optional extends boolean = false,
>(
  route: Omit<Route, "path" | "query" | "body" | "bodyOptional" | "responses" | "handle"> & {
    readonly path: Path;
    readonly query?: Query;
    readonly body?: Body;
    readonly bodyOptional?: Optional;
    readonly responses: R;
    readonly handle: (
      call: Call<ParamsOf<Path>, z.output<Query>, Optional extends true ? z.output<Body> | undefined : z.output<Body>>,
      services: Services,
    ) => Promise<AnswerOf<R>>;
  },
): Route {
  // `serveRoute` hands over nothing that the declarations did not check.
  return route as unknown as Route;
}

/** What a handler answers; keeps the status as a literal, which the compiler compares with the declared ones. */
export function answer<const Status extends number>(status: Status): { readonly status: Status };
export function answer<const Status extends number, Body>(
  status: Status,
  body: Body,
  headers?: Readonly<Record<string, string>>,
): { readonly status: Status; readonly body: Body; readonly headers?: Readonly<Record<string, string>> };
export function answer(status: number, body?: unknown, headers?: Readonly<Record<string, string>>): Answer {
  return { status, body, ...(headers && { headers }) };
}
