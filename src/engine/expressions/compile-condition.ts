import {
  type Comparison,
  type Condition,
  type ConditionGroups,
  checkOperand,
  evaluateOperator,
} from "../../domain/condition.ts";
import type { FieldError } from "../../domain/errors.ts";
import type { Json } from "../../domain/json.ts";
import { splitTemplate } from "../../domain/split-template.ts";
import { Budget } from "./budget.ts";
import { compileExpression, type EvaluationScope, type VisibleNames } from "./compile-expression.ts";
import { compileTemplate, type Template } from "./compile-template.ts";
import { ExpressionError, explained, locate } from "./expression-error.ts";
import { typeName } from "./type-name.ts";

export interface CompiledCondition {
  /** Throws an ExpressionError whose message and `path` name the place in the definition. */
  evaluate(scope: EvaluationScope): boolean;
  /** Everything that is wrong with the condition; with errors it must not be evaluated. */
  readonly errors: readonly FieldError[];
}

type Test = (scope: EvaluationScope, budget: Budget) => boolean;

/**
 * `path` says where the condition stands (`steps[2].branches[0].when`). Groups and comparisons are looked at in order
 * and only as far as needed, so a comparison may rely on the one before it. A missing field in a `left` is null, and
 * what null means is each operator's business; anywhere else it is an error.
 */
export function compileCondition(condition: Condition, names: VisibleNames, path: string): CompiledCondition {
  const compiler = new ConditionCompiler(names);
  const test =
    "expression" in condition
      ? compiler.compileTruth(condition.expression, `${path}.expression`)
      : compiler.compileGroups(condition, `${path}.any`);
  return { evaluate: (scope) => test(scope, new Budget()), errors: compiler.errors };
}

class ConditionCompiler {
  readonly errors: FieldError[] = [];
  readonly #names: VisibleNames;

  constructor(names: VisibleNames) {
    this.#names = names;
  }

  compileTruth(expression: string, path: string): Test {
    const source = withoutBraces(expression);
    if (source === null) return this.#refuse(path, "must be one expression, with or without {{ }} around it");
    const compiled = compileExpression(source, this.#names);
    if (!compiled.ok) return this.#refuse(path, compiled.message);
    return (scope, budget) => {
      try {
        return asTruth(compiled.evaluate(scope, budget));
      } catch (error) {
        throw explained(locate(error, path));
      }
    };
  }

  compileGroups({ any }: ConditionGroups, path: string): Test {
    const groups = any.map(({ all }, groupIndex) =>
      all.map((comparison, index) => this.#compileComparison(comparison, `${path}[${groupIndex}].all[${index}]`)),
    );
    return (scope, budget) => groups.some((tests) => tests.every((test) => test(scope, budget)));
  }

  #compileComparison({ left, operator, right }: Comparison, path: string): Test {
    const takesRight = checkOperand(operator, undefined) !== null;
    const leftTemplate = this.#compile(left, `${path}.left`);
    const rightTemplate = this.#compile(takesRight ? (right ?? null) : null, `${path}.right`);
    if (rightTemplate.constant) {
      const complaint = checkOperand(operator, right === undefined ? undefined : rightTemplate.evaluate(NOTHING));
      if (complaint !== null) return this.#refuse(`${path}.right`, complaint);
    }
    return (scope, budget) => {
      const leftValue = leftTemplate.evaluateOrNull(scope, budget);
      const rightValue = rightTemplate.evaluate(scope, budget);
      try {
        const complaint = rightTemplate.constant ? null : checkOperand(operator, rightValue, budget);
        if (complaint !== null) throw new ExpressionError(complaint);
        return evaluateOperator(operator, leftValue, rightValue, budget);
      } catch (error) {
        throw explained(locate(error, path));
      }
    };
  }

  #compile(value: Json, path: string): Template {
    const { template, errors } = compileTemplate(value, this.#names, path);
    this.errors.push(...errors);
    return template;
  }

  #refuse(path: string, message: string): Test {
    this.errors.push({ path, message });
    return () => {
      throw explained(locate(new ExpressionError(message), path));
    };
  }
}

/** What a template without expressions is evaluated with. */
const NOTHING: EvaluationScope = { trigger: null, run: null, workflow: null, vars: null, step: () => undefined };

/** The expression's source, or null when there is text around `{{ }}` or more than one of them. */
function withoutBraces(expression: string): string | null {
  const text = expression.trim();
  if (!text.startsWith("{{")) return text;
  const split = splitTemplate(text);
  const [only, ...others] = split.ok ? split.parts : [];
  return only?.kind === "expression" && others.length === 0 ? only.source : null;
}

function asTruth(value: Json): boolean {
  if (typeof value === "boolean") return value;
  throw new ExpressionError(
    `the condition must give true or false, but gives a ${typeName(value)}: compare it, as in … == "EU" or … != null`,
  );
}
