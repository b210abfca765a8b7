import { ActionError } from "../connector-sdk/action-error.ts";
import type { CallContext } from "../connector-sdk/call-context.ts";
import { callProvider, type GuardedRequest } from "../connector-sdk/call-provider.ts";
import type { Access } from "../connector-sdk/connection-access.ts";
import type { ConnectorDefinition, ConnectorRegistry } from "../connector-sdk/connector.ts";
import type { ChoicesPage, Field, Fields } from "../connector-sdk/fields.ts";
import { missingNeeds } from "../connector-sdk/missing-needs.ts";
import { toFormFields } from "../connector-sdk/to-form-fields.ts";
import { toJsonSchema } from "../connector-sdk/to-json-schema.ts";
import { authorize } from "../domain/authorize.ts";
import { AppError } from "../domain/errors.ts";
import type { FormField } from "../domain/form-field.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Scope } from "../domain/tenant.ts";
import type { Clock } from "../platform/clock.ts";
import type { ConnectionAccess } from "./use-connection.ts";

export interface ResolveChoicesDeps {
  readonly connectors: ConnectorRegistry;
  readonly useConnection: (scope: Scope, id: string, connector: string) => Promise<ConnectionAccess>;
  /** The way out for one call, within what the provider gives, and what is done when that was too much all the same. */
  readonly limit: (call: FormCall) => {
    readonly request: GuardedRequest;
    /** When to come again, or null. */
    readonly refused: (retryAfterMs: number | null) => number | null;
  };
  readonly clock: Clock;
}

interface FormCall {
  readonly connectorName: string;
  readonly connector: ConnectorDefinition;
  readonly tenantId: string;
  readonly connectionId: string | null;
  readonly method: string;
}

/** A field of an action or a trigger, asked about through a connection. */
export interface FieldQuestion {
  readonly connector: string;
  readonly part: { readonly kind: "action" | "trigger"; readonly name: string };
  /** Null for connectors that need no connection. */
  readonly connection: string | null;
  /** The path to the field, by names: `["list"]`, `["filter", "owner"]`; an item of a list is its field again. */
  readonly field: readonly string[];
  /** What the form holds so far. */
  readonly input: JsonObject;
}

export interface ChoicesQuestion extends FieldQuestion {
  readonly search: string;
  readonly cursor: string | null;
}

/** Somebody waits in front of a form. */
const TIMEOUT_MS = 15_000;

/**
 * What only the connected account knows about an input's fields. All of it rejects with `not_found` for a field that
 * has nothing to ask for, `invalid` for one that needs another field first, `conflict` (`connection_needs_reconnect`)
 * while the connection has to be mended, and `unavailable` or `rate_limited` with what the provider said.
 */
export function createChoicesResolver(deps: ResolveChoicesDeps) {
  /** What there is to choose from, page by page. */
  async function choices(scope: Scope, question: ChoicesQuestion): Promise<ChoicesPage> {
    authorize(scope, "workflow.write");
    const { connector, fields, field } = await find(question);
    if (!("choices" in field) || !field.choices) throw nothingToAsk(question);
    const { load, needs = [] } = field.choices;
    requireNeeds(fields, needs, question);
    const { input, search, cursor } = question;
    return call(scope, question, connector, (context) => load({ ...context, input, search, cursor }));
  }

  /** The further fields of an object whose account decides about them, their JSON Schema, and what a form is drawn from. */
  async function fields(
    scope: Scope,
    question: FieldQuestion,
  ): Promise<{ readonly fields: Fields; readonly schema: JsonObject; readonly form: readonly FormField[] }> {
    authorize(scope, "workflow.write");
    const { connector, fields, field } = await find(question);
    if (field.kind !== "object" || !field.dynamicFields) throw nothingToAsk(question);
    const { load, needs = [] } = field.dynamicFields;
    requireNeeds(fields, needs, question);
    const found = await call(scope, question, connector, (context) => load({ ...context, input: question.input }));
    return { fields: found, schema: toJsonSchema(found), form: toFormFields(found) };
  }

  async function find({ connector: name, part, field: path }: FieldQuestion) {
    const loadConnector = own(deps.connectors, name);
    if (!loadConnector) throw new AppError("not_found", `There is no connector ${name}.`);
    const connector = await loadConnector();
    const load = part.kind === "action" ? own(connector.actions, part.name) : own(connector.triggers, part.name);
    if (!load) throw new AppError("not_found", `${name} has no ${part.kind} ${part.name}.`);
    const fields = (await load()).input;
    const field = fieldAt(fields, path);
    if (!field) throw new AppError("not_found", `${name}'s ${part.kind} ${part.name} has no field ${path.join(".")}.`);
    return { connector, fields, field };
  }

  async function call<T>(
    scope: Scope,
    question: FieldQuestion,
    connector: ConnectorDefinition,
    act: (context: CallContext) => Promise<T>,
  ): Promise<T> {
    const access = await open(scope, question);
    const { clock } = deps;
    const { tenantId } = scope;
    const { connector: connectorName, connection: connectionId, part } = question;
    const { request, refused } = deps.limit({ connectorName, connector, tenantId, connectionId, method: part.name });
    try {
      return await callProvider({ tenantId, connector, access, timeoutMs: TIMEOUT_MS, clock, request }, act);
    } catch (error) {
      if (!(error instanceof ActionError)) throw error;
      // Runs share the budget: they must not run into the same refusal one by one.
      const at = error.kind === "rate_limited" ? refused(error.retryAfterMs) : null;
      throw refusal(error, at === null ? error.retryAfterMs : at - clock.now());
    }
  }

  async function open(scope: Scope, { connection, connector }: FieldQuestion): Promise<Access | null> {
    if (connection === null) return null;
    const access = await deps.useConnection(scope, connection, connector);
    if (access.kind === "ready") return access;
    if (access.kind === "missing") throw new AppError("not_found", access.reason);
    throw new AppError("conflict", access.reason, { detailCode: "connection_needs_reconnect" });
  }

  return { choices, fields };
}

export type ChoicesResolver = ReturnType<typeof createChoicesResolver>;

function fieldAt(fields: Fields, [name, ...rest]: readonly string[]): Field | null {
  const field = name === undefined ? undefined : own(fields, name);
  return field ? descend(field, rest) : null;
}

function descend(field: Field, rest: readonly string[]): Field | null {
  if (field.kind === "list") return descend(field.of, rest);
  if (rest.length === 0) return field;
  return field.kind === "object" ? fieldAt(field.fields, rest) : null;
}

/** The provider is not asked for the sheets of no spreadsheet. */
function requireNeeds(fields: Fields, needs: readonly string[], { input }: FieldQuestion): void {
  const { empty, dynamic } = missingNeeds(fields, needs, input);
  if (empty.length > 0) throw new AppError("invalid", `Fill in ${empty.join(" and ")} first.`);
  if (dynamic.length > 0)
    throw new AppError("invalid", `${dynamic.join(" and ")} is known only while it runs. Type the value in.`);
}

function refusal({ kind, message }: ActionError, retryAfterMs: number | null): AppError {
  const options = { ...(retryAfterMs !== null && { retryAfterMs }), detailCode: "provider_failed" };
  return new AppError(kind === "rate_limited" ? "rate_limited" : "unavailable", message, options);
}

function nothingToAsk({ field }: FieldQuestion): AppError {
  return new AppError("not_found", `The field ${field.join(".")} asks nothing of the account.`);
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
