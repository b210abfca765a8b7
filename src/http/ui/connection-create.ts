import { withNext } from "../../../views/connections/with-next.ts";
import type { ConnectOption, ShownScheme } from "../../connections/connect-options.ts";
import { AppError, type FieldError } from "../../domain/errors.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { SignedIn } from "../../domain/signed-in.ts";
import type { Services } from "../services.ts";
import { connectedFor } from "./builder/connected-for.ts";
import { describeFields } from "./describe-fields.ts";
import { leaveTo, type PageAnswer, page, redirect } from "./page-answer.ts";
import { definePage } from "./page-route.ts";
import { readFieldsForm } from "./read-fields-form.ts";
import { relativePath } from "./relative-path.ts";

export const connectionCreatePages = [
  definePage({
    method: "GET",
    path: "/connections/new",
    access: "connection.write",
    async handle({ query }, { connectOptions }) {
      const search = query.get("search") ?? "";
      const { ConnectorPickerPage } = await import("../../../views/connections/connector-picker-page.tsx");
      const next = nextOf(query.get("next"));
      const view = ConnectorPickerPage({ connectors: await connectOptions.list(search), search, next });
      return page({ title: "New connection", section: "connections" }, view);
    },
  }),

  definePage({
    method: "GET",
    path: "/connections/new/:connector",
    access: "connection.write",
    async handle({ signedIn, params, query }, services) {
      // Its address is shown on the page, because the provider asks for it before there is anything to store.
      await services.eventApps.reserve(signedIn.scope, params.connector);
      const option = await services.connectOptions.find(signedIn.scope, params.connector);
      const scheme = schemeOf(option, query.get("scheme"));
      const entered = { name: option.title, value: {}, hosts: "", next: nextOf(query.get("next")) };
      return showForm(signedIn, option, scheme, entered, []);
    },
  }),

  definePage({
    method: "POST",
    path: "/connections/new/:connector/:scheme",
    access: "connection.write",
    async handle({ signedIn, params, form }, services) {
      const { scope, sessionId } = signedIn;
      const option = await services.connectOptions.find(scope, params.connector);
      const scheme = schemeOf(option, params.scheme);
      const path = scheme.oauth ? "fields" : "credential";
      const read = readFieldsForm(scheme.fields, [...form], path);
      const next = nextOf(form.get("next"));
      const entered = { name: form.get("name") ?? "", value: read.value, hosts: form.get("hosts") ?? "", next };
      const wanted = {
        connector: params.connector,
        scheme: params.scheme,
        name: entered.name,
        hosts: option.asksHosts ? splitHosts(entered.hosts) : null,
      };
      try {
        if (read.unfinished.length > 0)
          throw new AppError("invalid", "The form has errors.", { fields: read.unfinished });
        if (scheme.oauth?.grant === "authorization_code") {
          const consent = { ...wanted, fields: read.value, returnTo: next };
          return leaveTo((await services.oauth.begin(scope, sessionId, consent)).href);
        }
        const connection = scheme.oauth
          ? await services.oauth.connectDirectly(scope, { ...wanted, fields: read.value })
          : await services.connections.create(scope, { ...wanted, credential: read.value });
        if (next !== null) return connectedFor(scope, next, connection, services);
        return redirect(`/connections/${connection.id}`, { flash: { kind: "success", text: "Connected." } });
      } catch (error) {
        return showForm(signedIn, option, scheme, entered, complaintsOf(error));
      }
    },
  }),

  definePage({
    method: "GET",
    path: "/connections/:id/credential",
    access: "connection.write",
    handle: ({ signedIn, params }, services) => showCredentialForm(signedIn, params.id, services, {}, []),
  }),

  definePage({
    method: "POST",
    path: "/connections/:id/credential",
    access: "connection.write",
    async handle({ signedIn, params, form }, services) {
      const { scope } = signedIn;
      const { scheme } = await schemeOfConnection(signedIn, params.id, services);
      const read = readFieldsForm(scheme.fields, [...form], "credential");
      try {
        if (read.unfinished.length > 0)
          throw new AppError("invalid", "The form has errors.", { fields: read.unfinished });
        const otherAccount = form.get("otherAccount") === "true";
        await services.connections.update(scope, params.id, { credential: read.value, otherAccount });
      } catch (error) {
        const isOther = error instanceof AppError && error.detailCode === "other_account";
        return showCredentialForm(signedIn, params.id, services, read.value, complaintsOf(error), isOther);
      }
      const text = "The new credential is stored. Runs that waited go on.";
      return redirect(`/connections/${params.id}`, { flash: { kind: "success", text } });
    },
  }),

  definePage({
    method: "POST",
    path: "/connections/new/:connector/:scheme/app",
    access: "connection.write",
    async handle({ signedIn, params, form }, services) {
      const { scope } = signedIn;
      const option = await services.connectOptions.find(scope, params.connector);
      const scheme = schemeOf(option, params.scheme);
      if (!scheme.oauth && !scheme.events) throw new AppError("not_found", "This kind of access needs no app.");
      const next = nextOf(form.get("next"));
      const back = withNext(`/connections/new/${params.connector}?scheme=${encodeURIComponent(params.scheme)}`, next);
      const { apps } = services.oauth;
      if (form.get("do") === "remove") {
        await services.eventApps.remove(scope, params.connector);
        if (scheme.oauth?.app.source === "tenant") await apps.remove(scope, scheme.oauth.app.provider);
        return redirect(back, { flash: { kind: "success", text: "The app is forgotten here." } });
      }
      const client = { clientId: form.get("clientId") ?? "", clientSecret: form.get("clientSecret") ?? "" };
      const secrets = Object.fromEntries(
        (scheme.events?.secrets ?? []).map(({ name }) => [name, form.get(`events.${name}`) ?? ""]),
      );
      try {
        const fields = await services.eventApps.check(scope, params.connector, secrets);
        if (fields.length > 0) throw new AppError("invalid", "The app has errors.", { fields });
        if (scheme.oauth) await apps.save(scope, scheme.oauth.app.provider, client);
        await services.eventApps.save(scope, params.connector, secrets);
      } catch (error) {
        const entered = { name: option.title, value: {}, hosts: "", clientId: client.clientId, next };
        return showForm(signedIn, option, scheme, entered, complaintsOf(error));
      }
      const text = scheme.oauth ? "The app is stored. Now connect." : "Stored.";
      return redirect(back, { flash: { kind: "success", text } });
    },
  }),
];

interface Entered {
  readonly name: string;
  readonly value: JsonObject;
  readonly hosts: string;
  readonly clientId?: string;
  readonly next: string | null;
}

async function showForm(
  { csrfToken }: SignedIn,
  option: ConnectOption,
  scheme: ShownScheme,
  entered: Entered,
  errors: readonly FieldError[],
): Promise<PageAnswer> {
  const prefix = scheme.oauth ? "fields" : "credential";
  const described = describeFields({
    fields: scheme.fields,
    value: entered.value,
    prefix,
    errors,
    expressions: "none",
  });
  const { NewConnectionPage } = await import("../../../views/connections/new-connection-page.tsx");
  const view = NewConnectionPage({
    option,
    scheme,
    fields: described.fields,
    others: described.others.filter(({ path }) => !OWN_FIELDS.test(path)).map(({ message }) => message),
    entered: {
      name: entered.name,
      hosts: entered.hosts,
      clientId: entered.clientId ?? scheme.oauth?.app.clientId ?? "",
    },
    errors: Object.fromEntries(errors.map(({ path, message }) => [path.replace(/\[\d+\]$/, ""), message])),
    next: entered.next,
    csrf: csrfToken,
  });
  return page(
    { title: `Connect ${option.title}`, section: "connections", status: errors.length > 0 ? 422 : 200 },
    view,
  );
}

const OWN_FIELDS = /^(?:name|hosts(?:\[\d+\])?|clientId|events\..*)$/;

/** Where somebody came from and goes back to. */
function nextOf(text: string | null): string | null {
  return relativePath(text, "") || null;
}

async function schemeOfConnection({ scope }: SignedIn, id: string, services: Services) {
  const connection = await services.connections.find(scope, id);
  const option = await services.connectOptions.find(scope, connection.connector);
  return { connection, scheme: schemeOf(option, connection.scheme) };
}

async function showCredentialForm(
  signedIn: SignedIn,
  id: string,
  services: Services,
  value: JsonObject,
  errors: readonly FieldError[],
  isOtherAccount = false,
): Promise<PageAnswer> {
  const { connection, scheme } = await schemeOfConnection(signedIn, id, services);
  if (scheme.oauth) return redirect(`/connections/${id}`);
  const described = describeFields({ fields: scheme.fields, value, prefix: "credential", errors, expressions: "none" });
  const { CredentialPage } = await import("../../../views/connections/credential-page.tsx");
  const view = CredentialPage({
    connection,
    fields: described.fields,
    others: described.others.map(({ message }) => message),
    isOtherAccount,
    csrf: signedIn.csrfToken,
  });
  return page({ title: "New credential", section: "connections", status: errors.length > 0 ? 422 : 200 }, view);
}

function schemeOf({ title, schemes }: ConnectOption, name: string | null): ShownScheme {
  const scheme = name === null ? schemes[0] : schemes.find((each) => each.name === name);
  if (scheme) return scheme;
  throw new AppError("not_found", `${title} has no such kind of access.`);
}

function splitHosts(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((host) => host !== "");
}

/** What a flow complains about; a refusal as a whole stands above the form. */
function complaintsOf(error: unknown): readonly FieldError[] {
  if (!(error instanceof AppError) || !["invalid", "conflict"].includes(error.code)) throw error;
  return error.fields.length > 0 ? error.fields : [{ path: "", message: error.message }];
}
