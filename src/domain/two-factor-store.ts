import type { Change } from "./audit.ts";
import type { Actor } from "./tenant.ts";

export interface TwoFactor {
  readonly sealedSecret: string;
  /** The time step of the last code that was taken. */
  readonly lastStep: number;
  readonly createdAt: number;
  readonly recoveryCodesLeft: number;
}

export interface TwoFactorStore {
  find(tenantId: string, userId: string): Promise<TwoFactor | null>;
  /** Replaces what there was. */
  enable(
    tenantId: string,
    userId: string,
    twoFactor: {
      readonly sealedSecret: string;
      readonly lastStep: number;
      readonly createdAt: number;
      readonly recoveryHashes: readonly string[];
    },
    actor: Actor,
    change: Change,
  ): Promise<void>;
  /** False when there was none. */
  disable(tenantId: string, userId: string, actor: Actor, change: Change): Promise<boolean>;
  /** False when a code of this step or of a later one was taken already: of several at once one is. */
  takeStep(tenantId: string, userId: string, step: number): Promise<boolean>;
  /** False when there is no such code (any more). */
  takeRecoveryCode(tenantId: string, userId: string, codeHash: string, actor: Actor, change: Change): Promise<boolean>;
  replaceRecoveryCodes(
    tenantId: string,
    userId: string,
    recoveryHashes: readonly string[],
    actor: Actor,
    change: Change,
  ): Promise<void>;
}
