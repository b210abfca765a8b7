export interface DeliveryComparison {
  /** Acknowledged, and never seen by the receiver. */
  readonly missing: readonly number[];
  /** Seen more than once. */
  readonly repeated: readonly number[];
  /** Seen although nobody acknowledged them: refused, or never sent. */
  readonly unexpected: readonly number[];
}

/** Holds what was acknowledged against how often the receiver saw each id. */
export function compareDeliveries(
  acknowledged: ReadonlySet<number>,
  seen: ReadonlyMap<number, number>,
): DeliveryComparison {
  return {
    missing: [...acknowledged].filter((id) => !seen.has(id)),
    repeated: [...seen].filter(([, times]) => times > 1).map(([id]) => id),
    unexpected: [...seen.keys()].filter((id) => !acknowledged.has(id)),
  };
}
