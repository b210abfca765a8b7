import { z } from "zod";
import type { Json } from "../../domain/json.ts";

/** Schemas that several resources share, and how their values are shown. */

export const time = z.string().meta({ format: "date-time", description: "RFC 3339, UTC." });
export const anyJson = z.custom<Json>().meta({ description: "Any JSON value." });

/** Epoch milliseconds as RFC 3339, such as `2026-05-31T09:30:00.000Z`. */
export function showTime(at: number): string {
  return new Date(at).toISOString();
}

export function showTimeOrNull(at: number | null): string | null {
  return at === null ? null : showTime(at);
}
