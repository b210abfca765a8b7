import { Html } from "@elysiajs/html";
import { Button, FormActions } from "../components/button.tsx";
import { CopyLine } from "../components/copy-line.tsx";
import { TextField } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { Notice } from "../components/notice.tsx";
import { type EventAppView, EventsAddress, eventsState, SecretFields } from "./event-app.tsx";

export interface AppView {
  readonly grant: "authorization_code" | "client_credentials";
  readonly app: {
    readonly provider: string;
    readonly clientId: string | null;
    readonly source: "tenant" | "installation" | null;
    readonly callbackUrl: string;
    readonly variables: readonly [string, string];
    readonly problem: { readonly problem: string } | null;
  };
  readonly setup: (SetupView & { readonly manifest?: string }) | null;
  readonly scopes: readonly { readonly name: string; readonly title: string }[];
  readonly scopeText: string;
}

export interface SetupView {
  readonly url: string;
  readonly steps: readonly string[];
}

interface RegisterAppProps {
  readonly action: string;
  readonly connectorTitle: string;
  readonly oauth: AppView;
  /** Null when the connector receives no events. */
  readonly events: EventAppView | null;
  readonly clientId: string;
  /** By field: `clientId`, `events.<name>`. */
  readonly errors: Readonly<Record<string, string>>;
  readonly next: string | null;
  readonly csrf: string;
}

/** What an administrator enters at the provider, letter by letter, and what they bring back. Done once. */
export function RegisterApp(props: RegisterAppProps): JSX.Element {
  const { connectorTitle, oauth, events, errors } = props;
  const { app } = oauth;
  const isFine = app.clientId !== null && app.problem === null && Object.keys(errors).length === 0;
  return (
    <details class="card register-app" {...(isFine ? {} : { open: true })}>
      <summary class="card-header">
        <h2 safe>{`1. Your app at ${connectorTitle}`}</h2>
        <span class="faint" safe>
          {events && app.clientId !== null ? `${sourceText(app)} · ${eventsState(events)}` : sourceText(app)}
        </span>
      </summary>
      <div class="card-body stack">
        {app.problem ? (
          <Notice tone="warning" title="The provider refuses this app">
            <p safe>{app.problem.problem}</p>
          </Notice>
        ) : (
          ""
        )}
        <Steps {...props} />
        {oauth.setup?.manifest ? (
          <>
            <Manifest text={oauth.setup.manifest} />
            <details>
              <summary>What the manifest holds, one by one</summary>
              <div class="stack by-hand">
                <Addresses {...props} />
              </div>
            </details>
          </>
        ) : (
          <Addresses {...props} />
        )}
        <Client {...props} />
      </div>
    </details>
  );
}

function sourceText({ source, clientId }: AppView["app"]): string {
  if (clientId === null) return "Not registered yet";
  return source === "installation" ? "Set for this installation" : "Entered for your organisation";
}

function Steps({ connectorTitle, oauth: { setup } }: RegisterAppProps): JSX.Element {
  if (setup) return <SetupSteps setup={setup} />;
  return (
    <p safe>{`Register an OAuth app in ${connectorTitle}'s settings for developers, with the addresses below.`}</p>
  );
}

/** What to do at the provider, in order. */
export function SetupSteps({ setup }: { readonly setup: SetupView }): JSX.Element {
  return (
    <div class="stack-tight">
      <p>
        Open{" "}
        <a href={setup.url} target="_blank" rel="noreferrer noopener" safe>
          {setup.url.replace(/^https:\/\//, "")}
        </a>{" "}
        and do this there:
      </p>
      <ol class="setup-steps">
        {setup.steps.map((step) => (
          <li safe>{step}</li>
        ))}
      </ol>
    </div>
  );
}

/** Everything that is entered at the provider. */
function Addresses({ oauth, events }: RegisterAppProps): JSX.Element {
  return (
    <>
      {oauth.grant === "authorization_code" ? (
        <div class="stack-tight">
          <h3>Callback URL</h3>
          <p class="faint">Also called redirect URL. Copy it exactly as it is.</p>
          <CopyLine id="callback-url" text={oauth.app.callbackUrl} label="Copy the callback URL" isWhole />
        </div>
      ) : (
        ""
      )}
      {events ? <EventsAddress events={events} /> : ""}
      <Scopes oauth={oauth} />
    </>
  );
}

function Scopes({ oauth }: { oauth: AppView }): JSX.Element {
  if (oauth.scopes.length === 0) return "";
  return (
    <div class="stack-tight">
      <h3>Scopes</h3>
      <CopyLine id="scope-text" text={oauth.scopeText} label="Copy the scopes" isWhole />
      <dl class="facts scopes">
        {oauth.scopes.map(({ name, title }) => (
          <>
            <dt class="mono" safe>
              {name}
            </dt>
            <dd safe>{title}</dd>
          </>
        ))}
      </dl>
    </div>
  );
}

function Manifest({ text }: { text: string }): JSX.Element {
  return (
    <div class="stack-tight">
      <h3>App manifest</h3>
      <p class="faint">
        The whole app as one text, with the callback URL, the events URL and all scopes; paste it where the provider
        makes an app from a manifest.
      </p>
      <CopyLine class="manifest" id="app-manifest" text={text} label="Copy the manifest" />
    </div>
  );
}

function Client({ action, oauth, events, clientId, errors, next, csrf }: RegisterAppProps): JSX.Element {
  const { app } = oauth;
  return (
    <div class="stack-tight">
      <h3>{events ? "Client id and secrets" : "Client id and secret"}</h3>
      <p class="faint">
        What the provider shows once the app is registered. Whoever runs this server can set them for everybody instead:{" "}
        <code safe>{app.variables.join(", ")}</code>.
      </p>
      <Form action={action} csrf={csrf}>
        {next === null ? "" : <input type="hidden" name="next" value={Html.escapeHtml(next)} />}
        <TextField
          name="clientId"
          label="Client id"
          value={app.source === "installation" && clientId === app.clientId ? "" : clientId}
          error={errors.clientId}
          autocomplete="off"
          spellcheck="false"
          mono
        />
        <TextField
          name="clientSecret"
          label="Client secret"
          type="password"
          hint={
            app.source === "tenant"
              ? "Stored. Leave it empty to keep it."
              : "Stored encrypted, never shown again. Leave it empty only if the provider gives none."
          }
          autocomplete="off"
          optional
        />
        {events ? <SecretFields events={events} errors={errors} /> : ""}
        <FormActions>
          {app.source === "tenant" ? <Button kind="danger" label="Forget this app" name="do" value="remove" /> : ""}
          <Button kind={app.clientId === null ? "primary" : "secondary"} label="Store the app" />
        </FormActions>
      </Form>
    </div>
  );
}
