import { type Environment, type Place, runCli } from "./run-cli.ts";

export interface Report {
  readonly exitCode: number;
  readonly ok: boolean;
  readonly checks: Readonly<Record<string, { readonly verdict: string; readonly says: string }>>;
}

/** What `doctor` finds. PORT=1 answers nowhere. */
export async function examine(place: Place, env: Environment = {}): Promise<Report> {
  const { exitCode, stdout } = await runCli(place, ["doctor", "--json"], { env: { PORT: "1", ...env } });
  const { ok, checks } = JSON.parse(stdout);
  return { exitCode, ok, checks: Object.fromEntries(checks.map((each: { check: string }) => [each.check, each])) };
}
