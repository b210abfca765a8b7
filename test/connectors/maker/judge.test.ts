import { describe, expect, test } from "bun:test";
import type { OpenAPIV3 } from "openapi-types";
import type { Description } from "./description.ts";
import { type Arrived, createJudge } from "./judge.ts";

/*
 * That the judge refuses what a maker would refuse: a suite that lets everything pass would prove nothing.
 */

const lead: OpenAPIV3.SchemaObject = {
  type: "object",
  required: ["email"],
  properties: {
    email: { type: "string", format: "email" },
    age: { type: "integer" },
    address: { type: "object", properties: { city: { type: "string" } } },
    custom: { type: "object", additionalProperties: true, properties: { known: { type: "string" } } },
  },
};

const description: Description = {
  openapi: "3.0.3",
  info: { title: "Leads", version: "1" },
  servers: [{ url: "https://api.example.com/v2" }],
  security: [{ bearer: [] }],
  components: {
    securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
    schemas: {
      Named: { type: "object", required: ["name"], properties: { name: { type: "string" } } },
      Aged: { type: "object", properties: { age: { type: "integer" } } },
    },
  },
  paths: {
    "/leads": {
      get: {
        operationId: "listLeads",
        parameters: [
          { name: "limit", in: "query", schema: { type: "integer", maximum: 100 } },
          { name: "kind", in: "query", required: true, schema: { type: "string", enum: ["new", "old"] } },
        ],
        responses: { "200": { description: "OK", content: { "application/json": { example: [{ email: "a@b.c" }] } } } },
      },
      post: {
        operationId: "createLead",
        requestBody: { required: true, content: { "application/json": { schema: lead } } },
        responses: { "201": { description: "Created", content: { "application/json": { schema: lead } } } },
      },
    },
    "/people": {
      post: {
        operationId: "createPerson",
        requestBody: {
          content: {
            "application/json": {
              schema: { allOf: [{ $ref: "#/components/schemas/Named" }, { $ref: "#/components/schemas/Aged" }] },
            },
          },
        },
        responses: { "204": { description: "Done" } },
      },
    },
    "/notes": {
      post: {
        operationId: "createNote",
        requestBody: {
          content: {
            "application/json": { schema: { type: "object", properties: { rank: { type: "integer" } } } },
            "application/x-www-form-urlencoded": {
              schema: { type: "object", properties: { rank: { type: "integer" }, text: { type: "string" } } },
            },
          },
        },
        responses: { "200": { description: "OK" } },
      },
    },
  },
};

const { judge, sampleAnswer, server } = await createJudge(description);

function arrive(method: string, path: string, more: Partial<Arrived> = {}): Arrived {
  const body = more.body === undefined ? {} : { "content-type": "application/json" };
  const headers = { authorization: "Bearer t", ...body, ...more.headers };
  return { method, path, query: {}, body: undefined, isForm: false, ...more, headers };
}
const post = (body: unknown, path = "/leads") => judge(arrive("POST", path, { body })).problems;

describe("accepted is", () => {
  test.each([
    ["what is described", arrive("POST", "/leads", { body: { email: "a@b.c", age: 3, address: { city: "x" } } })],
    ["what else an open object holds", arrive("POST", "/leads", { body: { email: "a@b.c", custom: { x: 1 } } })],
    ["members of every part of a combination", arrive("POST", "/people", { body: { name: "x", age: 1 } })],
    ["a number in a query", arrive("GET", "/leads", { query: { kind: "new", limit: "5" } })],
  ])("%s", (_, arrived) => {
    expect(judge(arrived).problems).toEqual([]);
  });

  test("a form by the form's own schema, its texts turned into what that wants", () => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const form = (body: object) => judge(arrive("POST", "/notes", { headers, body, isForm: true })).problems;
    expect(form({ rank: "5", text: "x" })).toEqual([]);
    expect(form({ rank: "high" })).not.toEqual([]);
  });
});

describe("refused is", () => {
  test.each([
    ["a missing member", {}, "email"],
    ["a misspelt member", { email: "a@b.c", agee: 1 }, "agee"],
    ["a misspelt member further in", { email: "a@b.c", address: { town: "x" } }, "town"],
    ["a number as text", { email: "a@b.c", age: "3" }, "age"],
    ["what is no e-mail address", { email: "ada" }, "email"],
    ["a list", [], "object"],
  ])("%s", (_, body, named) => {
    expect(post(body).join()).toContain(named);
  });

  test.each([
    ["an unknown parameter", { kind: "new", page: "2" }, "page"],
    ["a missing parameter", {}, "kind"],
    ["a value that is not listed", { kind: "other" }, "kind"],
    ["a number that is none", { kind: "new", limit: "many" }, "limit"],
    ["a number too large", { kind: "new", limit: "101" }, "limit"],
  ])("%s", (_, query, named) => {
    expect(judge(arrive("GET", "/leads", { query })).problems.join()).toContain(named);
  });

  test("another path, another method, no body, a body of another type, a body where none is described", () => {
    expect(judge(arrive("GET", "/lead"))).toEqual({ operation: null, problems: ["no operation GET /lead"] });
    expect(judge(arrive("DELETE", "/leads")).operation).toBeNull();
    expect(judge(arrive("POST", "/leads")).problems.join()).toContain("a body is required");
    const text = { body: "email=a@b.c", headers: { "content-type": "text/plain" } };
    expect(judge(arrive("POST", "/leads", text)).problems.join()).toContain("text/plain");
    expect(judge(arrive("GET", "/leads", { query: { kind: "new" }, body: {} })).problems.join()).toContain("a body");
  });

  test("a request without credentials", () => {
    const arrived = { ...arrive("GET", "/leads", { query: { kind: "new" } }), headers: {} };
    expect(judge(arrived).problems).toEqual(["no credentials"]);
  });
});

test("an answer is the maker's example, or made from the schema", () => {
  expect(server).toBe("https://api.example.com/v2");
  expect(sampleAnswer("listLeads")).toEqual({ status: 200, body: [{ email: "a@b.c" }] });
  expect(sampleAnswer("createLead")).toMatchObject({ status: 201, body: { age: 0, address: { city: "string" } } });
  expect(sampleAnswer("createPerson")).toEqual({ status: 204, body: undefined });
});
