import type { StartedApp } from "../start-app.ts";
import { until } from "../until.ts";

/**
 * Until nobody works on anything that only one server may do. Whoever does holds it for a minute or two of the servers'
 * time; when a clock jumps over that, another server rightly does it too, as if the first had died. So where two share
 * their data, this comes before every jump.
 */
export async function untilNothingIsHeld({ storage }: StartedApp): Promise<void> {
  await until("nothing is held", async () => {
    // Mails that the mail server has put off wait for their time and are nobody's.
    const [found] = await storage.run<Record<"alerts" | "mails" | "notices" | "refreshes", string | number>>(
      `SELECT (SELECT count(*) FROM run_alerts) AS alerts,
              (SELECT count(*) FROM mails WHERE state = 'queued' AND problem IS NULL) AS mails,
              (SELECT count(*) FROM connection_queue WHERE kind <> 'refresh') AS notices,
              (SELECT count(*) FROM connections WHERE lease_owner IS NOT NULL) AS refreshes`,
    );
    return Object.values(found ?? {}).every((count) => Number(count) === 0);
  });
}
