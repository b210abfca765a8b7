import { authorize } from "../domain/authorize.ts";
import type { Backend } from "../domain/backend.ts";
import { AppError, type FieldError } from "../domain/errors.ts";
import type { Json } from "../domain/json.ts";
import type { Scope } from "../domain/tenant.ts";
import type { Variable } from "../domain/variable-store.ts";
import type { Clock } from "../platform/clock.ts";

export interface ManageVariablesDeps {
  readonly backend: Pick<Backend, "variables">;
  readonly clock: Clock;
  /** Variables held in memory have to be looked at again. */
  readonly changed: () => void;
}

export interface NewVariable {
  readonly name: string;
  readonly value: Json;
}

const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
const MAX_VARIABLES = 500;
const MAX_VALUE_BYTES = 65_536;

/** What expressions read as `vars.<name>`: settings of a workspace. Not for secrets; those belong in a connection. */
export function createVariableManager({ backend, clock, changed }: ManageVariablesDeps) {
  async function list(scope: Scope): Promise<readonly Variable[]> {
    authorize(scope, "variable.read");
    return backend.variables.list(scope);
  }

  /** Makes `wanted` all the variables that the workspace has. Rejects with `invalid`. */
  async function replace(scope: Scope, wanted: readonly NewVariable[]): Promise<readonly Variable[]> {
    authorize(scope, "variable.write");
    const fields = complaints(wanted);
    if (fields.length > 0) throw new AppError("invalid", "The variables have errors; each names its path.", { fields });
    const now = clock.now();
    const before = new Map((await list(scope)).map((variable) => [variable.name, variable]));
    const variables = wanted.map(({ name, value }) => {
      const held = before.get(name);
      return held && Bun.deepEquals(held.value, value) ? held : { name, value, updatedAt: now };
    });
    const names = variables.map(({ name }) => name);
    await backend.variables.replace(scope, variables, {
      at: now,
      action: "variables.replaced",
      target: scope.workspaceId,
      details: { names },
    });
    changed();
    return list(scope);
  }

  /** Adds one, or gives it another value. Rejects with `invalid`; paths are those of the form's fields. */
  async function set(scope: Scope, { name, value }: NewVariable): Promise<void> {
    authorize(scope, "variable.write");
    const others = (await list(scope)).filter((variable) => variable.name !== name);
    const fields = complaints([...others, { name, value }]).map(({ path, message }) => ({
      path: path.slice(path.lastIndexOf(".") + 1),
      message,
    }));
    if (fields.length > 0) throw new AppError("invalid", "The variable has errors.", { fields });
    const now = clock.now();
    const change = { at: now, action: "variable.set", target: scope.workspaceId, details: { name } };
    await backend.variables.set(scope, { name, value, updatedAt: now }, change);
    changed();
  }

  async function remove(scope: Scope, name: string): Promise<void> {
    authorize(scope, "variable.write");
    const change = { at: clock.now(), action: "variable.removed", target: scope.workspaceId, details: { name } };
    if (!(await backend.variables.remove(scope, name, change)))
      throw new AppError("not_found", `There is no variable ${name}.`);
    changed();
  }

  return { list, replace, set, remove };
}

export type VariableManager = ReturnType<typeof createVariableManager>;

/** Paths are those of the API's body, `{ data: [{ name, value }] }`. */
function complaints(variables: readonly NewVariable[]): FieldError[] {
  const errors: FieldError[] = [];
  if (variables.length > MAX_VARIABLES)
    errors.push({ path: "data", message: `has ${variables.length} variables; at most ${MAX_VARIABLES} are allowed` });
  const seen = new Set<string>();
  for (const [index, { name, value }] of variables.entries()) {
    const path = `data[${index}]`;
    if (!VARIABLE_NAME.test(name) || name === "__proto__")
      errors.push({ path: `${path}.name`, message: "must start with a letter and hold only letters, digits and _" });
    if (seen.has(name)) errors.push({ path: `${path}.name`, message: `"${name}" is given twice` });
    seen.add(name);
    if (Buffer.byteLength(JSON.stringify(value)) > MAX_VALUE_BYTES)
      errors.push({ path: `${path}.value`, message: `is larger than ${MAX_VALUE_BYTES} bytes of JSON` });
  }
  return errors;
}
