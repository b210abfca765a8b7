import type { Backend } from "../../domain/backend.ts";
import { AppError, type FieldError } from "../../domain/errors.ts";
import type { Scope } from "../../domain/tenant.ts";
import type { Activation, Workflow } from "../../domain/workflow-store.ts";
import type { Clock } from "../../platform/clock.ts";
import { pollIntervalMs } from "../compile-workflow.ts";
import type { CompiledWorkflow } from "../compiled-workflow.ts";
import { scheduleOfTrigger } from "../schedule-of-trigger.ts";
import { nextTick } from "../schedule-times.ts";
import { type SealDeps, sealNewSecrets } from "./subscription-secrets.ts";

export interface PlanActivationDeps extends Pick<SealDeps, "sealSubscription"> {
  readonly clock: Clock;
  /** A new path secret, as the hash it is found by and sealed for showing the URL again. */
  readonly newHookSecret: (
    tenantId: string,
    workflowId: string,
  ) => Promise<{ secret: string; secretHash: string; sealedSecret: string }>;
  readonly openHookSecret: (tenantId: string, workflowId: string, sealed: string) => Promise<string>;
  readonly backend: Pick<Backend, "workflows">;
  readonly publicUrl: () => string;
  /** Whose account a connection speaks for; rejects with `invalid`. */
  readonly accountOf: (scope: Scope, connector: string, connection: string) => Promise<string>;
}

/** What publishing switches on for the workflow's trigger. Rejects with `invalid` for one that could never start a run. */
export async function planActivation(
  scope: Scope,
  workflow: Workflow,
  compiled: CompiledWorkflow,
  deps: PlanActivationDeps,
): Promise<Activation> {
  const { clock } = deps;
  const { trigger, triggerInput } = compiled;
  const now = clock.now();
  switch (trigger.kind) {
    case "webhook":
      return { ...NOTHING, hook: hookOf(await deps.newHookSecret(workflow.tenantId, workflow.id)) };
    case "schedule": {
      const schedule = scheduleOfTrigger(triggerInput, now);
      if (!schedule.ok) throw invalid(schedule.error);
      const nextAt = nextTick(schedule.spec, now);
      if (nextAt === null) throw invalid({ path: "trigger.input", message: "never fires" });
      return { ...NOTHING, schedule: { spec: schedule.spec, missed: schedule.missed, nextAt } };
    }
    case "poll": {
      const triggerHash = hashTrigger(compiled);
      return { ...NOTHING, poll: { triggerHash, everyMs: pollIntervalMs(triggerInput.every), nextAt: now } };
    }
    case "subscription": {
      const { tenantId, id } = workflow;
      const standing = await deps.backend.workflows.findHookSecret(scope, id);
      const fresh = await deps.newHookSecret(tenantId, id);
      const path = standing === null ? fresh.secret : await deps.openHookSecret(tenantId, id, standing);
      const sealed = await sealNewSecrets(tenantId, id, path, deps);
      // At another address the provider has to be told anew.
      const triggerHash = hashTrigger(compiled, deps.publicUrl());
      return { ...NOTHING, hook: hookOf(fresh), subscription: { triggerHash, sealed, nextAt: now } };
    }
    case "app_event": {
      const { connector, connection = "" } = compiled.definition.trigger;
      const accountId = await deps.accountOf(scope, connector, connection);
      return { ...NOTHING, event: { connector, connectionId: connection, accountId } };
    }
    default:
      return NOTHING;
  }
}

function hookOf({ secretHash, sealedSecret }: { readonly secretHash: string; readonly sealedSecret: string }) {
  return { secretHash, sealedSecret };
}

const NOTHING: Activation = { hook: null, schedule: null };

/** The same as long as the trigger asks the same of the same account: then what it remembers stays valid. */
function hashTrigger({ definition, triggerInput }: CompiledWorkflow, address = ""): string {
  const { connector, trigger, connection = null } = definition.trigger;
  const { every: _, startWith: __, ...asked } = triggerInput;
  const sorted = Object.fromEntries(Object.entries(asked).sort(([a], [b]) => (a < b ? -1 : 1)));
  return new Bun.CryptoHasher("sha256")
    .update(JSON.stringify([connector, trigger, connection, sorted, address]))
    .digest("base64url");
}

function invalid(field: FieldError): AppError {
  return new AppError("invalid", "The workflow definition has errors; each names its path.", { fields: [field] });
}
