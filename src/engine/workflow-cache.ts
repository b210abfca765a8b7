import type { Backend } from "../domain/backend.ts";
import { AppError } from "../domain/errors.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Scope } from "../domain/tenant.ts";
import type { Hook } from "../domain/workflow-store.ts";
import { BoundedMap } from "../platform/bounded-map.ts";
import { type CompileDeps, compileWorkflow } from "./compile-workflow.ts";
import type { CompiledWorkflow } from "./compiled-workflow.ts";
import type { MaybeLater } from "./engine-deps.ts";

/**
 * What every delivery and every run needs, kept in memory: routes of webhooks, compiled versions (which never
 * change), and variables. Routes and variables are forgotten whenever anything changes, here or in another process.
 */
export class WorkflowCache {
  readonly #backend: Backend;
  readonly #compile: CompileDeps;
  readonly #compiled = new BoundedMap<string, MaybeLater<CompiledWorkflow>>(1_000);
  readonly #hooks = new BoundedMap<string, MaybeLater<Hook | null>>(10_000);
  readonly #variables = new BoundedMap<string, MaybeLater<JsonObject>>(1_000);

  constructor(backend: Backend, compile: CompileDeps) {
    this.#backend = backend;
    this.#compile = compile;
  }

  /** Call after every change of a workflow, hook or variable. */
  forgetChanging(): void {
    this.#hooks.clear();
    this.#variables.clear();
  }

  findHook(secretHash: string): MaybeLater<Hook | null> {
    return remember(this.#hooks, secretHash, () => this.#backend.workflows.findHook(secretHash));
  }

  load(scope: Scope, workflowId: string, version: number): MaybeLater<CompiledWorkflow> {
    const key = `${scope.tenantId}/${workflowId}/${version}`;
    return remember(this.#compiled, key, async () => {
      const stored = await this.#backend.workflows.findVersion(scope, workflowId, version);
      if (!stored) throw new AppError("not_found", `Version ${version} of workflow ${workflowId} does not exist.`);
      const compiled = await compileWorkflow(stored.definition, this.#compile);
      if (compiled.ok) return compiled.workflow;
      const problems = compiled.errors.map((each) => `${each.path} ${each.message}`).join("; ");
      throw new AppError(
        "invalid",
        `Version ${version} of workflow ${workflowId} can no longer be loaded: ${problems}`,
      );
    });
  }

  variables(scope: Scope): MaybeLater<JsonObject> {
    return remember(this.#variables, `${scope.tenantId}/${scope.workspaceId}`, async () => {
      const variables = await this.#backend.variables.list(scope);
      return Object.fromEntries(variables.map(({ name, value }) => [name, value]));
    });
  }
}

/** One look-up however many ask at once; its result is there without waiting afterwards, a failure is forgotten. */
function remember<V>(cache: BoundedMap<string, MaybeLater<V>>, key: string, load: () => Promise<V>): MaybeLater<V> {
  const held = cache.get(key);
  if (held !== undefined) return held;
  const loading = load();
  cache.set(key, loading);
  const replace = (by: (key: string) => void) => {
    // Meanwhile everything may have been forgotten because something has changed.
    if (cache.get(key) === loading) by(key);
  };
  loading.then(
    (value) => replace(() => cache.set(key, value)),
    () => replace(() => cache.delete(key)),
  );
  return loading;
}
