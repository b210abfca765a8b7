/** What people are told of, once: a connection that needs them, or the OAuth app of a provider that is refused. */
export interface ConnectionNotice {
  /** The same for as long as it is the same trouble; mended and broken again is another one. */
  readonly key: string;
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly about: NoticedConnection | NoticedApp;
  /** What the provider said; safe to show. */
  readonly problem: string;
  readonly at: number;
}

export interface NoticedConnection {
  readonly kind: "connection";
  readonly id: string;
  readonly name: string;
  /** The system it belongs to, for people. */
  readonly provider: string;
  /** Whom it speaks for there. */
  readonly account: string | null;
  /** Runs that wait for it by now. */
  readonly waiting: number;
  /** The workflows that need it. */
  readonly usedBy: readonly { readonly id: string; readonly name: string }[];
}

export interface NoticedApp {
  readonly kind: "oauth_app";
  /** The provider's name in settings, such as `GITHUB`. */
  readonly id: string;
  readonly name: string;
}
