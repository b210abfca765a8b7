import type { FieldError } from "../../domain/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../../domain/json.ts";
import { splitTemplate, type TemplatePart } from "../../domain/split-template.ts";
import { Budget } from "./budget.ts";
import { compileExpression, type Evaluate, type EvaluationScope, type VisibleNames } from "./compile-expression.ts";
import { ExpressionError, explained, locate, MissingFieldError } from "./expression-error.ts";
import { setField } from "./own-fields.ts";
import { textOf } from "./text-of.ts";

export interface Template {
  /** No expression anywhere: the value is the same every time. */
  readonly constant: boolean;
  /**
   * Throws an ExpressionError whose message and `path` name the place in the definition. Parts without expressions are
   * shared between results, so a result must not be changed. Without a `budget` the evaluation gets one of its own.
   */
  evaluate(scope: EvaluationScope, budget?: Budget): Json;
  /** The same, but null when a field or step result that the template reads is missing. */
  evaluateOrNull(scope: EvaluationScope, budget?: Budget): Json;
}

/**
 * Makes any JSON value whose strings may hold `{{ expressions }}` into something that gives the finished value. A string
 * that is one expression and nothing else keeps the expression's type; in a mixed text null is empty and lists and maps
 * are JSON. Keys are taken literally. What an expression gives is never looked at for expressions again.
 *
 * `path` says where `value` stands (`steps[0].input`); every error's path starts with it. With errors the template must
 * not be used; it refuses to evaluate.
 */
export function compileTemplate(
  value: Json,
  names: VisibleNames,
  path: string,
): { readonly template: Template; readonly errors: readonly FieldError[] } {
  const compiler = new TemplateCompiler(names);
  const part = compiler.compile(value, path, 0);
  return {
    template: part.kind === "constant" ? constantTemplate(part.value) : computedTemplate(part.evaluate),
    errors: compiler.errors,
  };
}

function constantTemplate(value: Json): Template {
  return { constant: true, evaluate: () => value, evaluateOrNull: () => value };
}

function computedTemplate(evaluate: Evaluate): Template {
  return {
    constant: false,
    evaluate(scope, budget = new Budget()) {
      try {
        return evaluate(scope, budget);
      } catch (error) {
        throw explained(error);
      }
    },
    evaluateOrNull(scope, budget = new Budget()) {
      try {
        return evaluate(scope, budget);
      } catch (error) {
        if (error instanceof MissingFieldError) return null;
        throw explained(error);
      }
    },
  };
}

type Part =
  | { readonly kind: "constant"; readonly value: Json }
  | { readonly kind: "computed"; readonly evaluate: Evaluate };

/** More than any definition needs; a deeper one would overflow the call stack on every evaluation. */
const MAX_DEPTH = 200;

class TemplateCompiler {
  readonly errors: FieldError[] = [];
  readonly #names: VisibleNames;

  constructor(names: VisibleNames) {
    this.#names = names;
  }

  compile(value: Json, path: string, depth: number): Part {
    if (typeof value === "string") return value.includes("{{") ? this.#compileText(value, path) : constant(value);
    if (typeof value !== "object" || value === null) return constant(value);
    if (depth === MAX_DEPTH) return this.#refuse(path, `nested more than ${MAX_DEPTH} levels deep`);
    if (isJsonObject(value)) return this.#compileObject(value, path, depth + 1);
    return this.#compileList(value, path, depth + 1);
  }

  #compileObject(object: JsonObject, path: string, depth: number): Part {
    const keys = Object.keys(object);
    const parts = keys.map((key) => this.compile(object[key]!, fieldPath(path, key), depth));
    if (parts.every(isConstant)) {
      const values: Record<string, Json> = {};
      for (const [index, part] of parts.entries()) setField(values, keys[index]!, part.value);
      return constant(values);
    }
    const evaluators = parts.map(evaluatorOf);
    return computed((scope, budget) => {
      const result: Record<string, Json> = {};
      for (let index = 0; index < keys.length; index += 1) {
        setField(result, keys[index]!, evaluators[index]!(scope, budget));
      }
      return result;
    });
  }

  #compileList(list: readonly Json[], path: string, depth: number): Part {
    const parts = list.map((item, index) => this.compile(item, `${path}[${index}]`, depth));
    if (parts.every(isConstant)) return constant(parts.map((part) => part.value));
    const evaluators = parts.map(evaluatorOf);
    return computed((scope, budget) => evaluators.map((evaluate) => evaluate(scope, budget)));
  }

  #compileText(text: string, path: string): Part {
    const split = splitTemplate(text);
    if (!split.ok) return this.#refuse(path, split.message);
    const pieces = split.parts.map((piece) => this.#compilePiece(piece, path));
    const [only] = pieces;
    if (only !== undefined && pieces.length === 1) return only;
    const evaluators = pieces.map(evaluatorOf);
    return computed((scope, budget) => {
      const text = evaluators.map((evaluate) => textOf(evaluate(scope, budget), budget)).join("");
      budget.spendText(text.length);
      return text;
    });
  }

  #compilePiece(piece: TemplatePart, path: string): Part {
    if (piece.kind === "text") return constant(piece.text);
    const compiled = compileExpression(piece.source, this.#names);
    if (!compiled.ok) return this.#refuse(path, compiled.message);
    const { evaluate } = compiled;
    return computed((scope, budget) => {
      try {
        const value = evaluate(scope, budget);
        budget.admit(value);
        return value;
      } catch (error) {
        throw locate(error, path);
      }
    });
  }

  #refuse(path: string, message: string): Part {
    this.errors.push({ path, message });
    return computed(() => {
      throw locate(new ExpressionError(message), path);
    });
  }
}

function constant(value: Json): { readonly kind: "constant"; readonly value: Json } {
  return { kind: "constant", value };
}

function computed(evaluate: Evaluate): Part {
  return { kind: "computed", evaluate };
}

function isConstant(part: Part): part is Extract<Part, { kind: "constant" }> {
  return part.kind === "constant";
}

function evaluatorOf(part: Part): Evaluate {
  return part.kind === "constant" ? () => part.value : part.evaluate;
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

function fieldPath(path: string, key: string): string {
  if (!IDENTIFIER.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}
