import type { Statement } from "../database.ts";

/** False when the link was used, or withdrawn, already. */
export async function takeLink(run: Statement, tokenHash: string): Promise<boolean> {
  const { count } = await run("DELETE FROM one_time_links WHERE token_hash = $1", [tokenHash]);
  await run("DELETE FROM link_routes WHERE token_hash = $1", [tokenHash]);
  return count > 0;
}

export async function endLinksOf(run: Statement, userId: string): Promise<void> {
  await run(
    `WITH ended AS (DELETE FROM one_time_links WHERE user_id = $1 RETURNING token_hash)
     DELETE FROM link_routes WHERE token_hash IN (SELECT token_hash FROM ended)`,
    [userId],
  );
}

/** All of a user's sessions, or those of one workspace; never `except`. Returns how many. */
export async function endSessionsOf(
  run: Statement,
  userId: string,
  { except = null, workspaceId = null }: { except?: string | null; workspaceId?: string | null } = {},
): Promise<number> {
  const { count } = await run(
    `WITH ended AS (
       DELETE FROM sessions WHERE user_id = $1 AND id <> $2 AND ($3::text IS NULL OR workspace_id = $3)
       RETURNING token_hash)
     DELETE FROM session_routes WHERE token_hash IN (SELECT token_hash FROM ended)`,
    [userId, except ?? "", workspaceId],
  );
  return count;
}
