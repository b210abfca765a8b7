import { describe, expect, test } from "bun:test";
import type { ActionDefinition } from "../../src/connector-sdk/action.ts";
import type { ActionErrorKind } from "../../src/connector-sdk/action-error.ts";
import type { ConnectorDefinition } from "../../src/connector-sdk/connector.ts";
import type { Fields } from "../../src/connector-sdk/fields.ts";
import type { ConnectionCredential } from "../../src/connector-sdk/http-exchange.ts";
import { isJsonObject, type Json, type JsonObject } from "../../src/domain/json.ts";
import { besideMaker } from "./maker/beside-maker.ts";
import { judgedTests } from "./maker/judged-tests.ts";
import type { Answer, MakerCall, MakerPeer, MakerPeerOptions } from "./maker/open-maker-peer.ts";
import { failureOf, type RunOptions } from "./run-action.ts";

/** What an action must be seen doing. */
export interface ActionCase {
  /** The maker's operations that the action calls with all its fields, in order. */
  readonly operations: readonly string[];
  /** Where `required` leads to fewer or other ones. */
  readonly requiredOperations?: readonly string[];
  /** A value for each required field, and no other. */
  readonly required: JsonObject;
  /** Values for all fields; several where some exclude each other. */
  readonly all: JsonObject | readonly JsonObject[];
  /** What the maker answers instead of its own example, by operation. */
  readonly answers?: Readonly<Record<string, Answer>>;
  /** For an action that reads page by page. */
  readonly pages?: PagesCase;
}

export interface PagesCase {
  readonly input: JsonObject;
  /** The maker's answer to the request for page 1, 2 or 3, one item on each; the third is the last. */
  answer(page: number, call: MakerCall): unknown;
  /** What the third request must hold. */
  readonly third: { readonly query?: object; readonly body?: object; readonly path?: string };
  /** The output's list of what all pages held, by its name. */
  readonly items: string;
}

/** An answer that is no success, and what it must mean to the engine. */
export interface RefusalCase {
  readonly title: string;
  answer(): Response;
  readonly kind: ActionErrorKind;
  readonly code: string;
  readonly retryAfterMs?: number;
}

export interface ConnectorCase {
  readonly connector: ConnectorDefinition;
  readonly peer: MakerPeerOptions;
  readonly credential: ConnectionCredential;
  readonly nowMs?: number;
  readonly actions: Readonly<Record<string, ActionCase>>;
  readonly refusals: readonly RefusalCase[];
}

/**
 * The suite that every action of a connector must pass. What the maker says about requests and answers needs its
 * description and is skipped without it; how failures are read is tested always.
 */
export function describeActions(subject: ConnectorCase): void {
  const { connector, actions: cases } = subject;
  describe(`actions of ${connector.title}`, async () => {
    const actions = await loadActions(connector);
    const testJudged = judgedTests(subject.peer.description);
    const options = { connector, credential: subject.credential, ...(subject.nowMs && { nowMs: subject.nowMs }) };
    const { world, peer } = await besideMaker(subject.peer);
    const run = (action: string, input: JsonObject, more: RunOptions = {}) =>
      world.run(actions[action]!, input, { ...options, routes: peer.routes, ...more });

    test("all have a case here", () => {
      expect(Object.keys(cases).sort()).toEqual(Object.keys(actions).sort());
    });

    for (const [action, one] of Object.entries(cases)) {
      const { input, outputSample } = actions[action] ?? { input: {}, outputSample: null };
      describe(action, () => {
        test("the case names the required fields, and every field", () => {
          expect(Object.keys(one.required).sort()).toEqual(requiredOf(input).sort());
          expect([...new Set(inputsOf(one).flatMap(Object.keys))].sort()).toEqual(Object.keys(input).sort());
        });

        testJudged("with required fields only, is as the maker describes it", async () => {
          script(peer, one);
          const output = await run(action, one.required);
          expectCalls(peer, one.requiredOperations ?? one.operations);
          expectLikeSample(output, outputSample);
        });

        for (const given of inputsOf(one)) {
          testJudged(`with ${Object.keys(given).join(", ")}, is as the maker describes it`, async () => {
            script(peer, one);
            const output = await run(action, given);
            expectCalls(peer, one.operations);
            expectLikeSample(output, outputSample);
          });
        }

        const { pages } = one;
        if (pages !== undefined)
          testJudged("reads on to page 3", async () => {
            let page = 0;
            peer.answer("*", (call) => pages.answer(++page, call));
            const output = (await run(action, pages.input)) as JsonObject;
            expect(peer.calls.flatMap((call) => call.problems)).toEqual([]);
            expect(peer.calls).toHaveLength(3);
            expect(peer.calls[2]).toMatchObject(pages.third);
            expect(output[pages.items]).toHaveLength(3);
          });

        for (const { title, answer, ...error } of subject.refusals) {
          test(title, async () => {
            peer.answer("*", answer);
            expect(await failureOf(run(action, one.required))).toMatchObject(error);
          });
        }
      });
    }
  });
}

async function loadActions(connector: ConnectorDefinition): Promise<Readonly<Record<string, ActionDefinition>>> {
  const loaded = Object.entries(connector.actions).map(async ([name, load]) => [name, await load()] as const);
  return Object.fromEntries(await Promise.all(loaded));
}

function inputsOf({ all }: ActionCase): readonly JsonObject[] {
  return Array.isArray(all) ? all : [all as JsonObject];
}

function requiredOf(fields: Fields): string[] {
  return Object.entries(fields).flatMap(([name, field]) => (field.required && !field.showWhen ? [name] : []));
}

function script(peer: MakerPeer, one: ActionCase): void {
  for (const [operation, answer] of Object.entries(one.answers ?? {})) peer.answer(operation, answer);
}

/** Problems first: they say more than a list of operations that is too short. */
function expectCalls(peer: MakerPeer, operations: readonly string[]): void {
  expect(peer.calls.flatMap((call) => call.problems)).toEqual([]);
  expect(peer.calls.map((call) => call.operation)).toEqual([...operations]);
}

/** A builder maps by the sample, so whatever it names must be there, at any depth; a list stands for its first item. */
function expectLikeSample(output: Json, sample: Json): void {
  expect(missingFrom(output, sample, "output")).toEqual([]);
}

function missingFrom(output: Json | undefined, sample: Json, path: string): string[] {
  if (Array.isArray(sample))
    return Array.isArray(output) && output.length > 0 && sample.length > 0
      ? missingFrom(output[0], sample[0], `${path}[0]`)
      : [];
  if (!isJsonObject(sample) || output === null) return [];
  if (!isJsonObject(output)) return [path];
  return Object.entries(sample).flatMap(([name, inner]) =>
    Object.hasOwn(output, name) ? missingFrom(output[name], inner, `${path}.${name}`) : [`${path}.${name}`],
  );
}
