/** Stored access to one account of one connector. The credential itself is sealed and never part of this. */
export interface Connection {
  readonly id: string;
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly connector: string;
  readonly name: string;
  /** Which of the connector's authentication schemes the credential belongs to, e.g. `bearer`. */
  readonly scheme: string;
  /** Host names the credential may be sent to; nothing else ever receives it. */
  readonly hosts: readonly string[];
  readonly state: ConnectionState;
  /** Why it is not `ready`; safe to show. */
  readonly problem: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly lastUsedAt: number | null;
}

export type ConnectionState = "ready" | "needs_reconnect";
