import { z } from "zod";
import type { Place } from "../../domain/run.ts";

const PREFIX = "step_";
const place = z.tuple([z.string(), z.array(z.int().min(0))]);

/** A step's row as one opaque word: there is one for each place (path and iteration) of a run. */
export function encodeStepRowId({ path, iteration }: Place): string {
  return PREFIX + Buffer.from(JSON.stringify([path, iteration])).toString("base64url");
}

/** Null for a text that `encodeStepRowId` cannot have made. */
export function decodeStepRowId(id: string): Place | null {
  if (!id.startsWith(PREFIX)) return null;
  try {
    const parsed = place.safeParse(JSON.parse(Buffer.from(id.slice(PREFIX.length), "base64url").toString()));
    return parsed.success ? { path: parsed.data[0], iteration: parsed.data[1] } : null;
  } catch {
    return null;
  }
}
