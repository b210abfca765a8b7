import type { ASTNode } from "@marcbachmann/cel-js";
import type { Json } from "../../domain/json.ts";
import type { Budget } from "./budget.ts";
import { unwrap, type Value } from "./optional.ts";
import { describePosition } from "./parse-expression.ts";

/** The names an expression may use where it stands. */
export interface VisibleNames {
  /** Whether `item` and `index` exist. */
  readonly loop: boolean;
  /** Ids of the steps whose results can be there. */
  readonly steps: ReadonlySet<string>;
  /** Ids that exist in the workflow but not for this expression; only for the message. */
  readonly laterSteps: ReadonlySet<string>;
}

/** The values behind the names. A step that did not run, or is in another branch, is undefined. */
export interface EvaluationScope {
  readonly trigger: Json;
  readonly run: Json;
  readonly workflow: Json;
  readonly vars: Json;
  readonly item?: Json;
  readonly index?: number;
  step(id: string): { readonly output?: Json; readonly error?: Json } | undefined;
}

/** Values of the enclosing `map`, `filter`, … variables, innermost last. */
export type Locals = Json[];
export type Run<T extends Value | undefined = Value> = (scope: EvaluationScope, budget: Budget, locals: Locals) => T;

export interface CompiledNode {
  /** Throws a MissingFieldError when something on the way is not there. */
  readonly run: Run;
  /** Of a path: the same, but undefined when something on the way is not there. */
  readonly probe?: Run<Json | undefined>;
  /** Whether `run` can give an Optional; when not, it always gives JSON. */
  readonly mayBeOptional: boolean;
  /** The value, when it does not depend on the scope. */
  readonly constant?: Json;
}

/** Thrown while compiling; `compileExpression` turns it into its message. */
export class CompileError extends Error {}

/** What the parts of the compiler share while they compile one expression. */
export class CompileContext {
  readonly source: string;
  readonly names: VisibleNames;
  /** Nodes compiled so far. The difference before and after a part is what one run of that part costs. */
  nodeCount = 0;
  /** How many variables are ever alive at once: the length `Locals` needs. */
  localCount = 0;
  readonly #compileNode: (context: CompileContext, node: ASTNode) => CompiledNode;
  readonly #localNames: string[] = [];

  /** `compileNode` is handed in because it calls every part of the compiler and each part calls it. */
  constructor(
    source: string,
    names: VisibleNames,
    compileNode: (context: CompileContext, node: ASTNode) => CompiledNode,
  ) {
    this.source = source;
    this.names = names;
    this.#compileNode = compileNode;
  }

  compile(node: ASTNode): CompiledNode {
    this.nodeCount += 1;
    return this.#compileNode(this, node);
  }

  /** For every place that wants a plain value: an optional becomes its content or null. */
  compileJson(node: ASTNode): Run<Json> {
    return jsonRun(this.compile(node));
  }

  /** The slot in `Locals` of a `map`, `filter`, … variable, or undefined when there is none of that name. */
  findLocal(name: string): number | undefined {
    const slot = this.#localNames.lastIndexOf(name);
    return slot === -1 ? undefined : slot;
  }

  withLocal<T>(name: string, compileBody: (slot: number) => T): T {
    const slot = this.#localNames.push(name) - 1;
    this.localCount = Math.max(this.localCount, this.#localNames.length);
    try {
      return compileBody(slot);
    } finally {
      this.#localNames.pop();
    }
  }

  /** The node's source, for messages. Cut short: in `1 + 1 + 1 + …` each node's text holds all those before it. */
  textOf(node: ASTNode): string {
    const length = node.end - node.start;
    if (length > MAX_TEXT_LENGTH) return `${this.source.slice(node.start, node.start + MAX_TEXT_LENGTH)}…`;
    const text = this.source.slice(node.start, node.end);
    // A node's ends lie inside the parentheses around it: of `(a + b) * c` the parser marks `a + b) * c`.
    const unclosed = text.split("(").length - text.split(")").length;
    return `${"(".repeat(Math.max(0, -unclosed))}${text}${")".repeat(Math.max(0, unclosed))}`;
  }

  refuse(node: ASTNode, reason: string): never {
    throw new CompileError(`${reason} ${describePosition(this.source, node.start, node.end)}`);
  }
}

const MAX_TEXT_LENGTH = 80;

export function jsonRun(node: CompiledNode): Run<Json> {
  const { run } = node;
  if (!node.mayBeOptional) return run as Run<Json>;
  return (scope, budget, locals) => unwrap(run(scope, budget, locals));
}

/** A node that always gives JSON. */
export function jsonNode(run: Run<Json>): CompiledNode {
  return { run, mayBeOptional: false };
}

export function constantNode(constant: Json): CompiledNode {
  return { run: () => constant, mayBeOptional: false, constant };
}
