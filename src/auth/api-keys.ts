import type { ApiKey } from "../domain/api-key-store.ts";
import { authorize } from "../domain/authorize.ts";
import type { Backend } from "../domain/backend.ts";
import { AppError, type FieldError } from "../domain/errors.ts";
import type { Page, PageRequest } from "../domain/page.ts";
import { API_KEY_SCOPES, type ApiKeyScope, permissionsOfApiKey } from "../domain/permission.ts";
import { grantScope, type Scope } from "../domain/tenant.ts";
import { BoundedMap } from "../platform/bounded-map.ts";
import type { Clock } from "../platform/clock.ts";
import { safeEqual, sha256Hex } from "../platform/crypto/digest.ts";
import { randomToken } from "../platform/crypto/random-token.ts";

/** A caller who has proved who they are. */
export interface ApiAccess {
  readonly scope: Scope;
  readonly scopes: readonly ApiKeyScope[];
}

export interface NewApiKey {
  readonly name: string;
  readonly scopes: readonly ApiKeyScope[];
  /** Epoch milliseconds; null: never. */
  readonly expiresAt: number | null;
}

export interface ApiKeysDeps {
  readonly backend: Pick<Backend, "apiKeys">;
  readonly clock: Clock;
  readonly newId: (prefix: string) => string;
}

const SECRET_BYTES = 32;
const KEY_TEXT = /^isk_([0-9a-z]{1,64})_([A-Za-z0-9_-]{43})$/;
const ID_PREFIX = "key";

/** How long a checked key counts without a look at the backend; what changes here is forgotten at once. */
const TRUSTED_FOR_MS = 5_000;
const MAX_TRUSTED = 1_000;
const TOUCH_EVERY_MS = 60_000;
/** Compared with when there is no such key, so that a guessed id takes as long as a real one. */
const NO_HASH = sha256Hex("");

interface TrustedKey {
  readonly access: ApiAccess;
  readonly expiresAt: number | null;
  readonly trustedUntil: number;
}

/**
 * API keys: `isk_<id>_<secret>`, the secret 256 random bits, of which only the SHA-256 is stored. That is enough for a
 * secret nobody can guess; a slow hash would only make every request slow.
 */
export function createApiKeyManager({ backend, clock, newId }: ApiKeysDeps) {
  const { apiKeys } = backend;
  /** By the hash of the presented text: what is held in memory opens nothing. */
  const trusted = new BoundedMap<string, TrustedKey>(MAX_TRUSTED);
  let changes = 0;

  /** Keys may have been changed, here or in another process: look at them again. */
  function forget(): void {
    changes += 1;
    trusted.clear();
  }

  /** `text` is the only time that the key can be seen. Rejects with `invalid`. */
  async function create(scope: Scope, wanted: NewApiKey): Promise<{ key: ApiKey; text: string }> {
    authorize(scope, "api_key.write");
    const now = clock.now();
    const errors = complaints(wanted, now);
    if (errors.length > 0) throw new AppError("invalid", "The API key cannot be made.", { fields: errors });
    // Otherwise a key that may only write could make itself one that reads.
    if (!permissionsOfApiKey(wanted.scopes).isSubsetOf(scope.permissions))
      throw new AppError("forbidden", "A new API key cannot be allowed more than whoever makes it.");
    const id = newId(ID_PREFIX);
    const secret = randomToken(SECRET_BYTES);
    const { tenantId, workspaceId } = scope;
    const scopes = API_KEY_SCOPES.filter((each) => wanted.scopes.includes(each));
    const { name, expiresAt } = wanted;
    const key: ApiKey = { id, tenantId, workspaceId, name, scopes, createdAt: now, expiresAt, lastUsedAt: null };
    const details = { name, scopes, expiresAt };
    await apiKeys.create(scope, key, sha256Hex(secret), { at: now, action: "api_key.created", target: id, details });
    return { key, text: `isk_${id.slice(ID_PREFIX.length + 1)}_${secret}` };
  }

  async function list(scope: Scope, page: PageRequest): Promise<Page<ApiKey>> {
    authorize(scope, "api_key.read");
    return apiKeys.list(scope, page);
  }

  async function remove(scope: Scope, id: string): Promise<void> {
    authorize(scope, "api_key.write");
    const change = { at: clock.now(), action: "api_key.deleted", target: id, details: {} };
    const deleted = await apiKeys.delete(scope, id, change);
    forget();
    if (!deleted) throw new AppError("not_found", `There is no API key ${id}.`);
  }

  /** Who sent the `Authorization` header. Rejects with `unauthenticated`. */
  async function authenticate(header: string | null): Promise<ApiAccess> {
    const text = bearerToken(header);
    if (text === null)
      throw new AppError("unauthenticated", "Send an API key in the header `Authorization: Bearer isk_…`.");
    const textHash = sha256Hex(text);
    const now = clock.now();
    const known = trusted.get(textHash);
    if (known && now < known.trustedUntil && isCurrent(known.expiresAt, now)) return known.access;
    const changesBefore = changes;
    const key = await check(text);
    const scopes = API_KEY_SCOPES.filter((each) => key.scopes.includes(each));
    const actor = { kind: "api_key", id: key.id } as const;
    const access: ApiAccess = {
      scope: grantScope(key.tenantId, key.workspaceId, actor, permissionsOfApiKey(scopes)),
      scopes,
    };
    // A key that was deleted while it was looked up must not be trusted afterwards.
    if (changes === changesBefore)
      trusted.set(textHash, { access, expiresAt: key.expiresAt, trustedUntil: now + TRUSTED_FOR_MS });
    return access;
  }

  async function check(text: string): Promise<ApiKey> {
    const [, idPart, secret] = KEY_TEXT.exec(text) ?? [];
    const found = idPart === undefined ? null : await apiKeys.findForSignIn(`${ID_PREFIX}_${idPart}`);
    const matches = safeEqual(found?.secretHash ?? NO_HASH, sha256Hex(secret ?? text));
    if (!found || !matches) throw new AppError("unauthenticated", "The API key is not valid.");
    const { key } = found;
    const now = clock.now();
    if (!isCurrent(key.expiresAt, now)) throw new AppError("unauthenticated", "The API key has expired.");
    // Not waited for: a disk that cannot take the time of use must not refuse a reader.
    if (key.lastUsedAt === null || now - key.lastUsedAt >= TOUCH_EVERY_MS) apiKeys.touch(key.id, now).catch(() => {});
    return key;
  }

  return { create, list, remove, authenticate, forget };
}

export type ApiKeyManager = ReturnType<typeof createApiKeyManager>;

function complaints({ name, scopes, expiresAt }: NewApiKey, now: number): FieldError[] {
  const errors: FieldError[] = [];
  if (name.trim() === "") errors.push({ path: "name", message: "must not be empty" });
  if (scopes.length === 0)
    errors.push({ path: "scopes", message: `needs at least one of: ${API_KEY_SCOPES.join(", ")}` });
  if (!isCurrent(expiresAt, now)) errors.push({ path: "expiresAt", message: "must be in the future" });
  return errors;
}

function isCurrent(expiresAt: number | null, now: number): boolean {
  return expiresAt === null || now < expiresAt;
}

/** RFC 6750 §2.1; the scheme's name is case-insensitive (RFC 9110 §11.1). */
function bearerToken(header: string | null): string | null {
  return /^bearer +(\S+) *$/i.exec(header ?? "")?.[1] ?? null;
}
