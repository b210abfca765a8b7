import { describe, expect, test } from "bun:test";
import type { Json, JsonObject } from "../domain/json.ts";
import type { Run } from "../domain/run.ts";
import { createInputSealer, hasSensitiveInput, inputPlace, showInput } from "./seal-input.ts";

const place = { tenantId: "tnt_1", runId: "wf_1/run_1", key: "call" };

/** Sealed texts open only at the place and for the field that they were sealed for. */
const { sealInput, openInput } = createInputSealer(
  async (at, field, text) => Buffer.from(JSON.stringify([at, field, text])).toString("base64"),
  async (at, field, sealed) => {
    const [sealedAt, sealedField, text] = JSON.parse(Buffer.from(sealed, "base64").toString()) as [
      object,
      string,
      string,
    ];
    if (!Bun.deepEquals([sealedAt, sealedField], [at, field])) throw new Error("sealed for another place");
    return text;
  },
);

const inputs: readonly (readonly [string, JsonObject])[] = [
  ["an object", { url: "u", headers: { Authorization: "Bearer s3cret", Accept: "a" } }],
  [
    "a list, where a name may repeat",
    {
      headers: [
        { name: "Cookie", value: "s3cret" },
        { name: "cookie", value: "s3cret-2" },
        { name: "Accept", value: "a" },
      ],
    },
  ],
  ["values that are no text", { headers: { "X-Api-Key": ["s3cret", 1], Accept: null } }],
];

describe("headers that come as", () => {
  test.each(inputs)("%s are stored sealed, opened as they were, and shown as dots", async (_what, input) => {
    const stored = await sealInput(place, input);
    expect(JSON.stringify(stored)).not.toContain("s3cret");
    expect(await openInput(place, stored)).toEqual(input);
    const shown = JSON.stringify(showInput(stored));
    expect(shown).toContain("••••");
    expect(shown).not.toContain("$sealed");
    expect(shown).toContain("Accept");
  });
});

test("an input without such headers is stored and shown as it is", async () => {
  for (const input of [
    {},
    { headers: null },
    { headers: { Accept: "a" } },
    { headers: "text" },
    { body: { authorization: "in a body" } },
  ]) {
    expect(hasSensitiveInput(input as JsonObject)).toBe(false);
    expect(await sealInput(place, input as JsonObject)).toBe(input as JsonObject);
    expect(showInput(input as Json)).toEqual(input as Json);
  }
});

test("what a run has sealed can be opened by its replay, and by no run of another event", async () => {
  const run = { id: "run_1", tenantId: "tnt_1", workflowId: "wf_1", eventId: "evt_1" } as Run;
  const stored = await sealInput(inputPlace(run, { key: "call" }), { headers: { Authorization: "x" } });
  const replay = { ...run, id: "run_2", replayOf: "run_1" };
  expect(await openInput(inputPlace(replay, { key: "call" }), stored)).toEqual({ headers: { Authorization: "x" } });
  for (const other of [
    { ...run, eventId: "evt_2" },
    { ...run, workflowId: "wf_2" },
    { ...run, tenantId: "tnt_2" },
  ])
    await expect(openInput(inputPlace(other, { key: "call" }), stored)).rejects.toThrow("another place");
});

test("what was never stored is shown as null", () => {
  expect(showInput(undefined)).toBeNull();
});
