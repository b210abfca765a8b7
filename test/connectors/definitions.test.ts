import { describe, expect, test } from "bun:test";
import { registry } from "../../connectors/registry.generated.ts";
import type { AuthScheme } from "../../src/connector-sdk/auth-scheme.ts";
import type { Fields } from "../../src/connector-sdk/fields.ts";
import { toJsonSchema } from "../../src/connector-sdk/to-json-schema.ts";
import { validateInput } from "../../src/connector-sdk/validate-input.ts";

/*
 * What every connector's definition must hold, so that forms, checks and the API can rely on it.
 */

for (const [name, load] of Object.entries(registry)) {
  describe(name, async () => {
    const connector = await load();
    const actions = await loadAll(connector.actions);
    const triggers = await loadAll(connector.triggers);
    const inputs: [string, Fields][] = [
      ...Object.entries(connector.auth).map(([scheme, { fields }]): [string, Fields] => [`auth ${scheme}`, fields]),
      ...[...actions, ...triggers].map(([part, { input }]): [string, Fields] => [part, input]),
    ];

    test("has a title, a description and an icon in the current colour", () => {
      expect(connector.title).not.toBe("");
      expect(connector.description).toEndWith(".");
      expect(connector.icon).toStartWith("<svg ");
      expect(connector.icon).toContain('viewBox="0 0 24 24"');
      expect(connector.icon).toContain('"currentColor"');
    });

    test("does something", () => {
      expect(actions.length + triggers.length).toBeGreaterThan(0);
    });

    for (const [part, fields] of inputs) {
      test(`${part}: defaults are valid, and conditions name a field above with values it can take`, () => {
        expect(complaintsAbout(fields)).toEqual([]);
        expect(toJsonSchema(fields).type).toBe("object");
      });
    }

    test("is called where its credential may go, and tells whose account it is", () => {
      const { baseUrl, hosts, auth, testConnection } = connector;
      if (typeof baseUrl === "string") expect(new URL(baseUrl).protocol).toBe("https:");
      if (typeof baseUrl === "string" && Array.isArray(hosts)) expect(hosts).toContain(new URL(baseUrl).host);
      const schemes = Object.values(auth);
      if (schemes.some(({ kind }) => kind === "oauth2")) expect(testConnection).toBeFunction();
      for (const scheme of schemes) {
        // Without `sign`, nothing would put it into a request of `context.api`.
        if (scheme.kind === "fields" && baseUrl !== undefined) expect(scheme.sign).toBeFunction();
        if (scheme.kind === "oauth2") expect(scheme.provider).toMatch(/^[A-Z][A-Z0-9_]*$/);
        if (scheme.kind === "oauth2")
          for (const { name, title } of scheme.scopes) expect([name, title]).not.toContain("");
      }
    });

    for (const [scheme, { arctic, refresh, fields, scopes }] of arcticSchemes(connector.auth)) {
      test(`auth ${scheme}: Arctic's class does what the scheme says, over TLS`, async () => {
        const { value } = validateInput(fields, {}, { path: "fields", expressions: "resolved" });
        const app = { clientId: "id", clientSecret: "secret", redirectUri: "https://sync.example/oauth/callback/x" };
        const client = await arctic(app, value);
        expect(typeof client.refreshAccessToken).toBe(refresh === "none" ? "undefined" : "function");
        const page = client.createAuthorizationURL("state", "verifier", [...scopes.map(({ name }) => name)]);
        expect(page.protocol).toBe("https:");
        expect(page.searchParams.get("redirect_uri")).toBe(app.redirectUri);
      });
    }

    test("says what it does in titles without a full stop and descriptions with one", () => {
      for (const [part, { title, description }] of [...actions, ...triggers]) {
        expect([part, /^[A-Z].*[^.]$/.test(title)]).toEqual([part, true]);
        expect([part, /^[A-Z].*\.$/s.test(description)]).toEqual([part, true]);
      }
    });

    for (const [part, { outputSample, effect, idempotency, keyTtlMs, rateLimitMethod }] of actions) {
      test(`${part}: the sample is JSON`, () => {
        expect(JSON.parse(JSON.stringify(outputSample))).toEqual(outputSample);
      });

      test(`${part}: a key is sent where one is promised, and counted against a budget that there is`, () => {
        if (effect === "keyed") expect([idempotency, keyTtlMs]).not.toContain(undefined);
        if (rateLimitMethod === undefined || connector.rateLimits?.some(({ method }) => method === "each")) return;
        expect(connector.rateLimits?.map(({ method }) => method)).toContain(rateLimitMethod);
      });
    }

    for (const [part, trigger] of triggers) {
      test(`${part}: the sample is JSON, and the app's events reach it`, () => {
        expect(JSON.parse(JSON.stringify(trigger.bodySample))).toEqual(trigger.bodySample);
        if (trigger.kind === "app_event") expect(connector.appEvents).toBeFunction();
      });
    }
  });
}

/** Those with PKCE: none of ours brings a class without. */
function arcticSchemes(auth: Readonly<Record<string, AuthScheme>>) {
  return Object.entries(auth).flatMap(([name, scheme]) =>
    scheme.kind === "oauth2" && scheme.arctic && scheme.pkce ? [[name, scheme] as const] : [],
  );
}

async function loadAll<T>(parts: Readonly<Record<string, () => Promise<T>>>): Promise<[string, T][]> {
  return Promise.all(Object.entries(parts).map(async ([part, load]): Promise<[string, T]> => [part, await load()]));
}

function complaintsAbout(fields: Fields, prefix = ""): string[] {
  const above = new Map<string, Fields[string]>();
  return Object.entries(fields).flatMap(([name, field]) => {
    const path = prefix + name;
    const complaints: string[] = [];
    if (!/^[a-z][A-Za-z0-9]*$/.test(name)) complaints.push(`${path} is not a camelCase name`);
    if (!/^[A-Z].*[^.]$/.test(field.title)) complaints.push(`${path} has no title, or one with a full stop`);
    if (field.description !== undefined && !/[.”]$/.test(field.description))
      complaints.push(`${path} has a description without a full stop`);
    if (field.kind === "select" || field.kind === "multi_select")
      complaints.push(...complaintsAboutChoices(field, fields, path));
    if (field.default !== undefined) {
      const { showWhen: _, ...shown } = field;
      const checked = validateInput(
        { [name]: shown },
        { [name]: field.default },
        { path: prefix, expressions: "resolved" },
      );
      complaints.push(...checked.errors.map((error) => `${error.path} (default) ${error.message}`));
    }
    if (field.showWhen) {
      const controller = above.get(field.showWhen.field);
      if (controller === undefined)
        complaints.push(`${path} depends on ${field.showWhen.field}, which is not above it`);
      else if (!field.showWhen.in.every((value) => canTake(controller, value)))
        complaints.push(`${path} waits for a value that ${field.showWhen.field} never has`);
    }
    above.set(name, field);
    return field.kind === "object" ? [...complaints, ...complaintsAbout(field.fields, `${path}.`)] : complaints;
  });
}

function complaintsAboutChoices(
  { options, choices, default: chosen }: Extract<Fields[string], { kind: "select" | "multi_select" }>,
  fields: Fields,
  path: string,
): string[] {
  if ((options === undefined) === (choices === undefined)) return [`${path} needs either options or choices`];
  if (choices !== undefined && chosen !== undefined) return [`${path} has a default that an account may not have`];
  const strangers = (choices?.needs ?? []).filter((name) => !Object.hasOwn(fields, name));
  return strangers.map((name) => `${path} needs ${name}, which is not beside it`);
}

function canTake(field: Fields[string], value: string | boolean): boolean {
  if (field.kind === "select") return field.options?.some((option) => option.value === value) ?? false;
  return typeof value === "boolean" ? field.kind === "boolean" : field.kind === "text";
}
