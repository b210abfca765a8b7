import type { AlertDigest } from "../domain/alert-store.ts";
import type { Backend } from "../domain/backend.ts";
import type { ConnectionNotice } from "../domain/connection-notice.ts";
import { ENGINE_PERMISSIONS } from "../domain/permission.ts";
import { grantScope, type Scope } from "../domain/tenant.ts";
import type { Clock } from "../platform/clock.ts";
import type { MailSender } from "../platform/mail/mail-sender.ts";
import { describeConnectionNotice } from "./describe-connection-notice.ts";
import { describeRunDigest } from "./describe-run-digest.ts";
import { createDigestTicker, GATHERING } from "./digest-ticker.ts";
import { findRecipients } from "./find-recipients.ts";
import { createMailDesk } from "./mail-desk.ts";
import { MailTicker, type MailTickerDeps } from "./mail-ticker.ts";
import { createOutbox, type MailSealing } from "./outbox.ts";

export interface NotificationsDeps {
  readonly backend: Pick<Backend, "mails" | "users" | "alerts" | "workflows">;
  readonly clock: Clock;
  readonly newId: (prefix: string) => string;
  readonly random: () => number;
  readonly sealing: MailSealing;
  /** Null: no mail is set up, and nobody is mailed. */
  readonly sender: MailSender | null;
  readonly publicUrl: () => string;
  readonly trouble: MailTickerDeps["trouble"];
}

/** Who is told by mail, and of what. Without a mail server everything here does nothing. */
export function openNotifications(deps: NotificationsDeps) {
  const { backend, sender, publicUrl } = deps;
  const ticker = sender ? new MailTicker({ ...deps, sender }) : null;
  const outbox = createOutbox({ ...deps, added: () => ticker?.wake() });

  /** To those who may reconnect it, once. */
  async function tellOfConnection(notice: ConnectionNotice): Promise<void> {
    if (!sender) return;
    const scope = scopeOf(notice);
    const to = await findRecipients(scope, "connection.write", backend);
    await outbox.post(scope, { key: notice.key, to, content: describeConnectionNotice(notice, publicUrl()) });
  }

  /** To those who may do something about a run. Told again with more in it, it is another mail. */
  async function tellOfRuns(digest: AlertDigest): Promise<void> {
    const scope = scopeOf(digest);
    const { workflowId, number, count } = digest;
    const workflow = await backend.workflows.find(scope, workflowId);
    const to = await findRecipients(scope, "run.control", backend);
    const content = describeRunDigest(digest, workflow?.name ?? workflowId, publicUrl());
    await outbox.post(scope, { key: `runs/${workflowId}/${number}/${count}`, to, content });
  }
  const digests = sender ? createDigestTicker({ ...deps, tell: tellOfRuns }) : null;

  return {
    tellOfConnection,
    /** Null: no mail is set up. */
    post: sender ? outbox.post : null,
    desk: createMailDesk({ ...deps, queued: () => ticker?.wake() }),
    /** Null: nobody is mailed about runs. */
    gathering: sender ? GATHERING : null,
    start() {
      ticker?.start();
      digests?.start();
    },
    async stop(graceMs: number) {
      await digests?.stop();
      await ticker?.stop(graceMs);
    },
  };
}

function scopeOf({ tenantId, workspaceId }: Pick<Scope, "tenantId" | "workspaceId">): Scope {
  return grantScope(tenantId, workspaceId, { kind: "system", id: "notifications" }, ENGINE_PERMISSIONS);
}
