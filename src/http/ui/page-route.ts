import type { Permission } from "../../domain/permission.ts";
import type { SignedIn } from "../../domain/signed-in.ts";
import type { Services } from "../services.ts";
import type { PageAnswer } from "./page-answer.ts";

/**
 * A page, or a fragment of one, as data; `serve-page.ts` answers requests by it. What every page needs is done there:
 * session, permission, CSRF, the frame around the content, errors, security headers. A handler is: call a flow, return
 * a view.
 */
export interface PageRoute {
  readonly method: "GET" | "POST";
  /** A part such as `:id` is a parameter. */
  readonly path: string;
  readonly access: PageAccess;
  readonly handle: (call: PageCall, services: Services) => Promise<PageAnswer>;
}

/** A permission means: signed in, and allowed that. Flows check again; here it is said before anything is rendered. */
export type PageAccess = "anyone" | "signed_in" | Permission;

export interface PageCall<Params = Readonly<Record<string, string>>, Who = SignedIn | null> {
  readonly signedIn: Who;
  readonly params: Params;
  /** Without query: `/runs/run_1`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The submitted fields; empty for GET. */
  readonly form: URLSearchParams;
  readonly headers: Headers;
  /** True when htmx swaps the answer into a part of the page: answer with a fragment. */
  readonly isPartial: boolean;
  /** For sessions, and for streams that end when the browser goes away. */
  readonly request: Request;
}

/** `"/runs/:id/steps/:rowId"` gives `{ id: string; rowId: string }`. */
type ParamsOf<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? { readonly [K in Name]: string } & ParamsOf<Rest>
  : Path extends `${string}:${infer Name}`
    ? { readonly [K in Name]: string }
    : unknown;

/** Gives `handle` the types of its parameters, and of `signedIn`, which only a page for anyone has to doubt. */
export function definePage<const Path extends string, const Access extends PageAccess>(
  route: Omit<PageRoute, "path" | "access" | "handle"> & {
    readonly path: Path;
    readonly access: Access;
    readonly handle: (
      call: PageCall<ParamsOf<Path>, Access extends "anyone" ? SignedIn | null : SignedIn>,
      services: Services,
    ) => Promise<PageAnswer>;
  },
): PageRoute {
  // `servePage` hands over nobody where somebody is required, and every parameter of the path.
  return route as unknown as PageRoute;
}
