import type { AlertDigest } from "../domain/alert-store.ts";
import type { MailContent } from "../platform/mail/mail-content.ts";

/** What has gone wrong with a workflow's runs since the last such mail. */
export function describeRunDigest(digest: AlertDigest, workflowName: string, publicUrl: string): MailContent {
  const { workflowId, count, newest } = digest;
  const times = count === 1 ? "A run" : `${count} runs`;
  const more = count - newest.length;
  const runs = `${publicUrl}/runs?workflow=${encodeURIComponent(workflowId)}`;
  return {
    subject: `${workflowName}: ${count === 1 ? "a run" : `${count} runs`} failed or need${count === 1 ? "s" : ""} a decision`,
    heading: `${times} of “${workflowName}” failed or need${count === 1 ? "s" : ""} a decision`,
    blocks: [
      {
        kind: "list",
        title: more > 0 ? `The newest ${newest.length}` : "What happened",
        items: [
          ...newest.map(({ runId, reason, at }) => ({
            text: `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC – ${reason}`,
            href: `${publicUrl}/runs/${encodeURIComponent(runId)}`,
          })),
          ...(more > 0 ? [{ text: `and ${more} more`, href: runs }] : []),
        ],
      },
      {
        kind: "text",
        text: "On its page a failed run can be replayed from where it failed; what had succeeded is not done again.",
      },
      { kind: "action", label: count === 1 ? "Open the workflow's runs" : "Open the runs", href: runs },
    ],
    footer:
      "You get this because you are mailed about failed runs, at most every 15 minutes for each workflow. You can switch that off on your account page in IntegrationSync.",
  };
}
