import { randomBytes } from "node:crypto";
import type { Backend } from "../domain/backend.ts";
import type { User } from "../domain/user.ts";
import type { Clock } from "../platform/clock.ts";
import { safeEqual, sha256Hex } from "../platform/crypto/digest.ts";
import type { Sealing } from "./sealing.ts";
import { userActor } from "./user-actor.ts";

export interface TwoFactorCodesDeps {
  readonly backend: Pick<Backend, "twoFactors">;
  readonly clock: Clock;
  readonly vault: Sealing;
}

/** RFC 6238 as every authenticator app does it: SHA-1, six digits, thirty seconds. */
const STEP_MS = 30_000;
const DIGITS = 6;
/** 160 bits, as long as the hash (RFC 4226 §4). */
const SECRET_BYTES = 20;
/** For clocks that differ and people who type slowly. */
const STEPS_AROUND = [0, -1, 1] as const;
const RECOVERY_CODES = 10;

/** What somebody scans or types into their authenticator app. */
export interface Enrolment {
  /** Sealed for this user, to be handed back with the first code. */
  readonly sealedSecret: string;
  /** `otpauth://…`, for the QR code. */
  readonly address: string;
  /** The same secret, to be typed. */
  readonly secretText: string;
}

/** The codes themselves: made, compared, used up. Who may do what with them is the callers' business. */
export function createTwoFactorCodes({ backend, clock, vault }: TwoFactorCodesDeps) {
  const place = ({ tenantId, id }: User) => ({ tenantId, table: "two_factors", row: id, field: "secret" });

  async function begin(user: User): Promise<Enrolment> {
    const secret = randomBytes(SECRET_BYTES);
    return describe(user, secret, await vault.seal(place(user), secret.toString("base64url")));
  }

  /** The same enrolment again, as for a page that is shown once more after a wrong code. */
  async function resume(user: User, sealedSecret: string): Promise<Enrolment> {
    return describe(user, await open(user, sealedSecret), sealedSecret);
  }

  async function describe(user: User, secret: Buffer, sealedSecret: string): Promise<Enrolment> {
    const { createTOTPKeyURI } = await import("@oslojs/otp");
    const address = createTOTPKeyURI("IntegrationSync", user.email, secret, STEP_MS / 1_000, DIGITS);
    return { sealedSecret, address, secretText: new URL(address).searchParams.get("secret") ?? "" };
  }

  /** Null when the code is wrong; else the recovery codes, which are shown now and never again. */
  async function enable(user: User, sealedSecret: string, code: string): Promise<readonly string[] | null> {
    const step = await stepOf(await open(user, sealedSecret), code);
    if (step === null) return null;
    const codes = newRecoveryCodes();
    const now = clock.now();
    const recoveryHashes = codes.map((each) => hashRecoveryCode(user, each));
    const twoFactor = { sealedSecret, lastStep: step, createdAt: now, recoveryHashes };
    const change = { at: now, action: "two_factor.enabled", target: user.id, details: {} };
    await backend.twoFactors.enable(user.tenantId, user.id, twoFactor, userActor(user), change);
    return codes;
  }

  async function renewRecoveryCodes(user: User): Promise<readonly string[]> {
    const codes = newRecoveryCodes();
    const hashes = codes.map((each) => hashRecoveryCode(user, each));
    const change = { at: clock.now(), action: "two_factor.recovery_codes_renewed", target: user.id, details: {} };
    await backend.twoFactors.replaceRecoveryCodes(user.tenantId, user.id, hashes, userActor(user), change);
    return codes;
  }

  /** Takes a code of the app: each at most once, also of two who send the same one at the same moment. */
  async function takeCode(user: User, code: string): Promise<boolean> {
    const stored = await backend.twoFactors.find(user.tenantId, user.id);
    if (!stored) return false;
    const step = await stepOf(await open(user, stored.sealedSecret), code);
    return step !== null && backend.twoFactors.takeStep(user.tenantId, user.id, step);
  }

  /** Takes a recovery code, which is gone then. */
  function takeRecoveryCode(user: User, code: string): Promise<boolean> {
    const hash = hashRecoveryCode(user, code);
    const change = { at: clock.now(), action: "two_factor.recovery_code_used", target: user.id, details: {} };
    return backend.twoFactors.takeRecoveryCode(user.tenantId, user.id, hash, userActor(user), change);
  }

  async function stepOf(secret: Buffer, typed: string): Promise<number | null> {
    const code = typed.replace(/\s/g, "");
    if (!/^\d{6}$/.test(code)) return null;
    const { generateHOTP } = await import("@oslojs/otp");
    const now = Math.floor(clock.now() / STEP_MS);
    const around = STEPS_AROUND.map((by) => now + by);
    return around.find((step) => safeEqual(generateHOTP(secret, BigInt(step), DIGITS), code)) ?? null;
  }

  async function open(user: User, sealedSecret: string): Promise<Buffer> {
    return Buffer.from(await vault.open(place(user), sealedSecret), "base64url");
  }

  return { begin, resume, enable, renewRecoveryCodes, takeCode, takeRecoveryCode };
}

export type TwoFactorCodes = ReturnType<typeof createTwoFactorCodes>;

/** Without letters that are read as others. 80 bits: too many to guess even for whoever has the hashes. */
const ALPHABET = "abcdefghjkmnpqrstuvwxyz123456789";
const CODE_LENGTH = 16;

function newRecoveryCodes(): string[] {
  return Array.from({ length: RECOVERY_CODES }, () => {
    const letters = Array.from(randomBytes(CODE_LENGTH), (byte) => ALPHABET[byte & 31]).join("");
    return letters.replace(/(.{4})(?=.)/g, "$1-");
  });
}

function hashRecoveryCode({ id }: User, code: string): string {
  return sha256Hex(`${id} ${code.toLowerCase().replace(/[^a-z0-9]/g, "")}`);
}
