/** Where the layout's navigation stands. */
export type Section =
  | "workflows"
  | "runs"
  | "connections"
  | "members"
  | "api-keys"
  | "variables"
  | "audit"
  | "settings"
  | "installation"
  | "account";

export interface PageOptions {
  /** What the browser's tab says, before "IntegrationSync". */
  readonly title: string;
  readonly section?: Section;
  readonly status?: number;
  /** `plain`: a single card without navigation, as for signing in. Whoever is not signed in never sees another. */
  readonly frame?: "app" | "plain";
  /** Addresses of scripts that only this page needs (assets of ours). */
  readonly scripts?: readonly string[];
  readonly cookies?: readonly string[];
}

export interface Flash {
  readonly kind: "success" | "error";
  readonly text: string;
}

/** What a handler answers; made by the functions below. */
export type PageAnswer =
  | { readonly kind: "page"; readonly options: PageOptions; readonly content: JSX.Element }
  | { readonly kind: "fragment"; readonly content: JSX.Element; readonly options: FragmentOptions }
  | { readonly kind: "redirect"; readonly path: string; readonly options: RedirectOptions }
  | { readonly kind: "leave"; readonly url: string; readonly cookies: readonly string[] }
  | { readonly kind: "response"; readonly response: Response };

export interface FragmentOptions {
  readonly status?: number;
  /** Such as `HX-Trigger` or `HX-Push-Url`. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RedirectOptions {
  /** Shown once, as a toast, on the page that comes next. */
  readonly flash?: Flash;
  readonly cookies?: readonly string[];
}

/** A whole page; the frame (navigation, styles, toasts) is put around `content`. */
export function page(options: PageOptions, content: JSX.Element): PageAnswer {
  return { kind: "page", options, content };
}

/** A part of a page, for htmx to swap in. */
export function fragment(content: JSX.Element, options: FragmentOptions = {}): PageAnswer {
  return { kind: "fragment", content, options };
}

/**
 * To another page of ours, after a form (303) or for htmx. `path` has to be one of ours; an address that came from
 * outside, such as `next`, goes through `relativePath` first.
 */
export function redirect(path: string, options: RedirectOptions = {}): PageAnswer {
  return { kind: "redirect", path, options };
}

/**
 * To another origin, such as an OAuth provider. After a form a browser would refuse a plain redirect, because
 * `form-action 'self'` counts for where the form ends up; so a page of ours goes on to there.
 */
export function leaveTo(url: string, cookies: readonly string[] = []): PageAnswer {
  return { kind: "leave", url, cookies };
}

/** Anything else: a stream of events, a download. The security headers are added. */
export function respondWith(response: Response): PageAnswer {
  return { kind: "response", response };
}
