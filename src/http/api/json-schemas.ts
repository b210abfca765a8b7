import { z } from "zod";
import { workflowSchema } from "../../domain/parse-workflow.ts";

export type JsonSchema = { [keyword: string]: unknown };

const COMPONENTS = "#/components/schemas/";
const DEFINITION = "WorkflowDefinition";

/**
 * Turns zod schemas into JSON Schema for one OpenAPI document, and collects in `components` what they share: schemas
 * with an `id`, and what refers to itself. A schema whose meta names a `component` becomes a reference to it.
 */
export class JsonSchemas {
  readonly components: Record<string, JsonSchema> = {};

  constructor() {
    const definition = this.#convert(workflowSchema, "input", DEFINITION);
    const properties = definition.properties as JsonSchema;
    const revision = {
      type: "integer",
      minimum: 1,
      description: "The revision that was read, so that no change is lost.",
    };
    this.components[DEFINITION] = definition;
    this.components.WorkflowReplacement = { ...definition, properties: { ...properties, revision } };
  }

  /** What a caller may send. */
  request(schema: z.ZodType): JsonSchema {
    return this.#convert(schema, "input");
  }

  /** What the server answers; objects have no other properties than these. */
  response(schema: z.ZodType): JsonSchema {
    return this.#convert(schema, "output");
  }

  #convert(schema: z.ZodType, io: "input" | "output", owner = ""): JsonSchema {
    const converted = z.toJSONSchema(schema, { io, unrepresentable: "any", override: tidy });
    const { $schema: _, $defs, ...rest } = moveReferences(converted, owner) as JsonSchema;
    for (const [name, shared] of Object.entries($defs ?? {})) {
      const { id: _id, ...content } = shared as JsonSchema;
      this.components[componentName(name, owner)] = content;
    }
    return rest;
  }
}

function tidy({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: JsonSchema }): void {
  // The bounds of every whole number in JavaScript tell a reader nothing.
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  const component = z.globalRegistry.get(zodSchema)?.component;
  if (typeof component !== "string") return;
  for (const keyword of Object.keys(jsonSchema)) delete jsonSchema[keyword];
  jsonSchema.$ref = COMPONENTS + component;
}

/** `#/$defs/Run` → `#/components/schemas/Run`, wherever it stands. */
function moveReferences(value: unknown, owner: string): unknown {
  if (Array.isArray(value)) return value.map((item) => moveReferences(item, owner));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([keyword, inner]) => {
    const isReference = keyword === "$ref" && typeof inner === "string" && inner.startsWith("#/$defs/");
    return [keyword, isReference ? COMPONENTS + componentName(inner.slice(8), owner) : moveReferences(inner, owner)];
  });
  return Object.fromEntries(entries);
}

/** What has no id of its own is named after the schema that it is a part of. */
function componentName(name: string, owner: string): string {
  return name.startsWith("__schema") ? `${owner}.part${name.slice(8)}` : name;
}
