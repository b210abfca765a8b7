import type { Vault } from "../connections/vault.ts";
import type { InputPlace } from "../engine/engine-deps.ts";
import { createInputSealer } from "../engine/seal-input.ts";
import { hashHookSecret } from "../engine/webhook/deliver-webhook.ts";
import { randomToken } from "../platform/crypto/random-token.ts";

/*
 * Where each kind of secret beside credentials is sealed: a ciphertext opens only in the row and field that it was made
 * for, so that none can be moved to where it would be shown.
 */

/** A webhook's path secret is found by its hash, and sealed so that the URL can be shown again. */
export function createHookSecrets(vault: Vault) {
  const place = (tenantId: string, row: string) => ({ tenantId, table: "hooks", row, field: "secret" });
  return {
    async newHookSecret(tenantId: string, workflowId: string) {
      const secret = randomToken(24);
      return {
        secret,
        secretHash: hashHookSecret(secret),
        sealedSecret: await vault.seal(place(tenantId, workflowId), secret),
      };
    },
    openHookSecret: (tenantId: string, workflowId: string, sealed: string) =>
      vault.open(place(tenantId, workflowId), sealed),
  };
}

/** What a mail says, sealed where the mail is stored: it may be a link that opens an account. */
export function createMailSealing(vault: Vault) {
  const place = (tenantId: string, row: string) => ({ tenantId, table: "mails", row, field: "content" });
  return {
    seal: (tenantId: string, mailId: string, text: string) => vault.seal(place(tenantId, mailId), text),
    open: (tenantId: string, mailId: string, sealed: string) => vault.open(place(tenantId, mailId), sealed),
  };
}

/** What a subscription's address and signatures are made of, sealed where the subscription is stored. */
export function createSubscriptionSecrets(vault: Vault) {
  const place = (tenantId: string, row: string) => ({ tenantId, table: "trigger_subscriptions", row, field: "sealed" });
  return {
    sealSubscription: (tenantId: string, workflowId: string, text: string) =>
      vault.seal(place(tenantId, workflowId), text),
    openSubscription: (tenantId: string, workflowId: string, sealed: string) =>
      vault.open(place(tenantId, workflowId), sealed),
  };
}

/** What a step's frozen input holds of secrets, sealed where the step is stored. */
export function createStepSecrets(vault: Vault) {
  const place = ({ tenantId, runId, key }: InputPlace, field: string) => ({
    tenantId,
    table: "steps",
    row: `${runId}/${key}`,
    field,
  });
  return createInputSealer(
    (step, field, text) => vault.seal(place(step, field), text),
    (step, field, text) => vault.open(place(step, field), text),
  );
}
