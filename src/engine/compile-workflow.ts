import type { ConnectorDefinition, ConnectorRegistry } from "../connector-sdk/connector.ts";
import type { TriggerDefinition as TriggerKind } from "../connector-sdk/trigger.ts";
import { validateInput } from "../connector-sdk/validate-input.ts";
import { parseDuration } from "../domain/duration.ts";
import type { FieldError } from "../domain/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../domain/json.ts";
import { parseWorkflow } from "../domain/parse-workflow.ts";
import { innerSequences } from "../domain/walk-steps.ts";
import type { ActionStep, Step, WorkflowDefinition } from "../domain/workflow.ts";
import type { CompiledStep, CompiledWorkflow } from "./compiled-workflow.ts";
import { compileCondition } from "./expressions/compile-condition.ts";
import type { VisibleNames } from "./expressions/compile-expression.ts";
import { compileTemplate, type Template } from "./expressions/compile-template.ts";
import { scheduleOfTrigger } from "./schedule-of-trigger.ts";

export interface CompileDeps {
  readonly connectors: ConnectorRegistry;
  /** Syntax check of a code step; null when it is fine. */
  readonly checkCode: (source: string) => Promise<string | null>;
}

export type Compilation =
  | { readonly ok: true; readonly workflow: CompiledWorkflow }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/**
 * Turns a definition into something that runs, or into the list of everything that is wrong with it. The same
 * function serves saving, publishing, importing and loading, so that what was saved can always be loaded.
 */
export async function compileWorkflow(input: unknown, deps: CompileDeps): Promise<Compilation> {
  const parsed = parseWorkflow(input);
  if (!parsed.ok) return parsed;
  const compiler = new Compiler(parsed.definition, deps);
  const workflow = await compiler.compile();
  return compiler.errors.length > 0 ? { ok: false, errors: compiler.errors } : { ok: true, workflow };
}

/** How long compiling may keep the thread before others get a turn. */
const SLICE_MS = 5;

class Compiler {
  readonly errors: FieldError[] = [];
  readonly #definition: WorkflowDefinition;
  readonly #deps: CompileDeps;
  readonly #steps = new Map<string, CompiledStep>();
  readonly #allIds = new Set<string>();
  #hasRespond = false;
  #sliceEndsAt = performance.now() + SLICE_MS;

  constructor(definition: WorkflowDefinition, deps: CompileDeps) {
    this.#definition = definition;
    this.#deps = deps;
    collectIds(definition.steps, this.#allIds);
  }

  async compile(): Promise<CompiledWorkflow> {
    const trigger = await this.#compileTrigger();
    await this.#compileSequence(this.#definition.steps, "steps", new Set(), false);
    return {
      definition: this.#definition,
      trigger: trigger.kind,
      triggerConnector: trigger.connector,
      triggerInput: trigger.input,
      dedupeBy: trigger.dedupeBy,
      hasRespond: this.#hasRespond,
      steps: this.#steps,
    };
  }

  async #compileTrigger(): Promise<CompiledTrigger> {
    const { connector: connectorName, trigger, connection, input } = this.#definition.trigger;
    const connector = await this.#connector(connectorName, "trigger.connector");
    const kind = connector && (await this.#loadTrigger(connector, connectorName, trigger));
    if (!kind) return { connector, kind: NO_TRIGGER, input, dedupeBy: null };
    // Before anything has happened there is nothing that an expression could be about.
    const expressions = CALLS_PROVIDER.has(kind.kind) ? "resolved" : "allowed";
    const { value, errors } = validateInput(kind.input, input, { path: "trigger.input", expressions });
    this.errors.push(...errors);
    if (CALLS_PROVIDER.has(kind.kind) && Object.keys(connector.auth).length > 0 && connection === undefined)
      this.#reject("trigger.connection", "is required: choose the account whose events start this workflow");
    if (kind.kind === "poll" && errors.length === 0) this.#checkInterval(value);
    if (kind.kind === "schedule" && errors.length === 0) {
      const schedule = scheduleOfTrigger(value, 0);
      if (!schedule.ok) this.errors.push(schedule.error);
    }
    if (signatureScheme(value) !== null && connection === undefined)
      this.#reject("trigger.connection", "is required with a signature: it holds the signing secret");
    const { dedupeBy } = value;
    if (dedupeBy === undefined || dedupeBy === null || dedupeBy === "")
      return { connector, kind, input: value, dedupeBy: null };
    const names: VisibleNames = { loop: false, steps: new Set(), laterSteps: this.#allIds };
    return { connector, kind, input: value, dedupeBy: this.#template(dedupeBy, names, "trigger.input.dedupeBy") };
  }

  #checkInterval({ every }: JsonObject): void {
    if (pollIntervalMs(every) < MIN_POLL_MS)
      this.#reject("trigger.input.every", `must be ${MIN_POLL_MS / 1000} seconds or more`);
  }

  async #loadTrigger(
    connector: ConnectorDefinition,
    connectorName: string,
    triggerName: string,
  ): Promise<TriggerKind | null> {
    const load = own(connector.triggers, triggerName);
    if (load) return load();
    this.#reject("trigger.trigger", `"${connectorName}" has no trigger "${triggerName}"${oneOf(connector.triggers)}`);
    return null;
  }

  async #connector(name: string, path: string) {
    const load = own(this.#deps.connectors, name);
    if (load) return load();
    this.#reject(path, `there is no connector "${name}"${oneOf(this.#deps.connectors)}`);
    return null;
  }

  /**
   * Steps of one list, in order. `visible` are the ids whose results may be named here; it grows as the list goes on.
   * Results inside branches stay visible afterwards (they may be missing then); those inside a loop do not, because
   * there would be one for each item: the loop's own output lists them.
   */
  async #compileSequence(steps: readonly Step[], prefix: string, visible: Set<string>, loop: boolean): Promise<void> {
    for (const [index, step] of steps.entries()) {
      await this.#giveWay();
      const path = `${prefix}[${index}]`;
      const inside = new Set(visible);
      if (step.kind === "branch") inside.add(step.id);
      const names: VisibleNames = { loop, steps: new Set(visible), laterSteps: this.#allIds };
      const compiled = await this.#compileStep(step, path, names);
      if (compiled) this.#steps.set(step.id, compiled);
      for (const inner of innerSequences(step)) {
        const innerVisible = new Set(inside);
        await this.#compileSequence(inner.steps, `${path}${inner.suffix}`, innerVisible, loop || step.kind === "loop");
        if (step.kind !== "loop") for (const id of innerVisible) visible.add(id);
      }
      visible.add(step.id);
    }
  }

  /** A large definition takes long to compile, and deliveries must not wait for it. */
  async #giveWay(): Promise<void> {
    if (performance.now() < this.#sliceEndsAt) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.#sliceEndsAt = performance.now() + SLICE_MS;
  }

  async #compileStep(step: Step, path: string, names: VisibleNames): Promise<CompiledStep | null> {
    const template = (value: Json | undefined, field: string) =>
      this.#template(value ?? null, names, `${path}.${field}`);
    switch (step.kind) {
      case "action":
        return this.#compileAction(step, path, names);
      case "branch": {
        const conditions = step.branches.map((branch, index) => {
          const compiled = compileCondition(branch.when, names, `${path}.branches[${index}].when`);
          this.errors.push(...compiled.errors);
          return compiled;
        });
        return { kind: "branch", step, conditions };
      }
      case "parallel":
        return { kind: "parallel", step };
      case "loop": {
        const items = template(step.items, "items");
        if (items.constant && !Array.isArray(step.items))
          this.#reject(`${path}.items`, "must be a list, or an {{ expression }} that gives one");
        return { kind: "loop", step, items };
      }
      case "delay":
        return {
          kind: "delay",
          step,
          time: step.for === undefined ? template(step.until, "until") : template(step.for, "for"),
        };
      case "approval":
        return {
          kind: "approval",
          step,
          message: template(step.message, "message"),
          timeout: template(step.timeout, "timeout"),
        };
      case "workflow":
        return { kind: "workflow", step, input: template(step.input, "input") };
      case "set":
        return { kind: "set", step, values: template(step.values, "values") };
      case "code": {
        const complaint = await this.#deps.checkCode(step.source);
        if (complaint) this.#reject(`${path}.source`, complaint);
        return { kind: "code", step, input: template(step.input, "input") };
      }
      case "respond":
        this.#hasRespond = true;
        return {
          kind: "respond",
          step,
          body: template(step.body, "body"),
          headers: template(step.headers ?? {}, "headers"),
        };
      case "stop":
        return {
          kind: "stop",
          step,
          output: template(step.output, "output"),
          message: template(step.message, "message"),
        };
    }
  }

  async #compileAction(step: ActionStep, path: string, names: VisibleNames): Promise<CompiledStep | null> {
    const connector = await this.#connector(step.connector, `${path}.connector`);
    if (!connector) return null;
    const load = own(connector.actions, step.action);
    if (!load) {
      this.#reject(`${path}.action`, `"${step.connector}" has no action "${step.action}"${oneOf(connector.actions)}`);
      return null;
    }
    const action = await load();
    const { errors } = validateInput(action.input, step.input, { path: `${path}.input`, expressions: "allowed" });
    this.errors.push(...errors);
    if (needsConnection(connector) && step.connection === undefined)
      this.#reject(`${path}.connection`, "is required: choose whose account is used");
    return { kind: "action", step, connector, action, input: this.#template(step.input, names, `${path}.input`) };
  }

  #template(value: Json, names: VisibleNames, path: string): Template {
    const { template, errors } = compileTemplate(value, names, path);
    this.errors.push(...errors);
    return template;
  }

  #reject(path: string, message: string): void {
    this.errors.push({ path, message });
  }
}

interface CompiledTrigger {
  readonly connector: ConnectorDefinition | null;
  readonly kind: TriggerKind;
  readonly input: JsonObject;
  readonly dedupeBy: Template | null;
}

/** A connector of one provider, whose calls mean nothing without an account; one that calls anything has no base URL. */
function needsConnection({ auth, baseUrl }: ConnectorDefinition): boolean {
  return baseUrl !== undefined && Object.keys(auth).length > 0;
}

/** Kinds of triggers that work with an account. */
const CALLS_PROVIDER: ReadonlySet<TriggerKind["kind"]> = new Set(["poll", "subscription", "app_event"]);

/** Asking more often is no longer polling, and providers lock out who tries. */
const MIN_POLL_MS = 10_000;

/** Of a checked poll trigger's `every`. */
export function pollIntervalMs(every: Json | undefined): number {
  return parseDuration(String(every)) ?? MIN_POLL_MS;
}

const NO_TRIGGER: TriggerKind = { kind: "manual", title: "", description: "", input: {}, bodySample: null };

/** The scheme that deliveries must be signed with, or null. */
export function signatureScheme(triggerInput: JsonObject): string | null {
  const { signature } = triggerInput;
  const scheme = isJsonObject(signature) ? signature.scheme : undefined;
  return typeof scheme === "string" && scheme !== "none" ? scheme : null;
}

function collectIds(steps: readonly Step[], into: Set<string>): void {
  for (const step of steps) {
    into.add(step.id);
    for (const inner of innerSequences(step)) collectIds(inner.steps, into);
  }
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function oneOf(record: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(record);
  return names.length === 0 ? "" : `; there is: ${names.join(", ")}`;
}
