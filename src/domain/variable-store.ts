import type { Change } from "./audit.ts";
import type { Json } from "./json.ts";
import type { Scope } from "./tenant.ts";

export interface Variable {
  readonly name: string;
  readonly value: Json;
  readonly updatedAt: number;
}
export interface VariableStore {
  list(scope: Scope): Promise<readonly Variable[]>;
  /** Adds the variable, or gives the one of that name another value. */
  set(scope: Scope, variable: Variable, change: Change): Promise<void>;
  /** False when there is none of that name. */
  remove(scope: Scope, name: string, change: Change): Promise<boolean>;
  /** Replaces all of the workspace's variables. */
  replace(scope: Scope, variables: readonly Variable[], change: Change): Promise<void>;
}
