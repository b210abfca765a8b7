import { AppError, type FieldError } from "../domain/errors.ts";
import { SLUG_PATTERN } from "../domain/tenant.ts";

/** "Müller & Söhne GmbH" is `muller-sohne-gmbh` in addresses and on the command line. */
export function toSlug(name: string): string {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+/, "")
    .slice(0, 63)
    .replace(/-+$/, "");
}

export function slugErrors(slug: string): FieldError[] {
  if (SLUG_PATTERN.test(slug)) return [];
  return [{ path: "tenant", message: "needs a letter from a to z or a digit, for the short name that is made of it" }];
}

/** All that is wrong with a form at once, not one thing after the other. */
export async function collectErrors<T>(errors: readonly FieldError[], prepare: () => Promise<T>): Promise<T> {
  const others: FieldError[] = [];
  const prepared = await prepare().catch((error: unknown) => {
    if (!(error instanceof AppError) || error.code !== "invalid") throw error;
    others.push(...error.fields);
    return null;
  });
  if (prepared !== null && errors.length === 0) return prepared;
  throw new AppError("invalid", "Some of it cannot be taken; each field says why.", { fields: [...errors, ...others] });
}
