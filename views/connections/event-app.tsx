import { Html } from "@elysiajs/html";
import { Button, FormActions } from "../components/button.tsx";
import { CopyLine } from "../components/copy-line.tsx";
import { TextField } from "../components/field.tsx";
import { Form } from "../components/form.tsx";

/** How a provider sends events to an app: to which address, and what they are signed with. */
export interface EventAppView {
  /** Else they only tell that access was taken back. */
  readonly startsWorkflows: boolean;
  readonly secrets: readonly { readonly name: string; readonly title: string; readonly description: string }[];
  readonly ownUrl: string | null;
  readonly hasSecrets: boolean;
  readonly installation: { readonly url: string; readonly variables: readonly string[]; readonly isSet: boolean };
}

/** What is entered at the provider. An operator's app, which serves all tenants, has another address. */
export function EventsAddress({ events }: { events: EventAppView }): JSX.Element {
  const { ownUrl, installation } = events;
  return (
    <div class="stack-tight">
      <h3>Events URL</h3>
      <p class="faint">
        {events.startsWorkflows
          ? "Only needed for triggers; also called request URL or webhook URL. It belongs to your organisation: what comes there reaches your workflows only."
          : "Optional, also called webhook URL: the provider tells there when access is taken back. It belongs to your organisation."}
      </p>
      <CopyLine id="events-url" text={ownUrl ?? installation.url} label="Copy the events URL" isWhole />
      {installation.isSet ? (
        <p>
          {events.hasSecrets
            ? "While a secret is stored here, what the installation's app receives is not for your organisation."
            : "Until now events come through the installation's app. Once a secret is stored here, they come through your own app alone."}
        </p>
      ) : (
        ""
      )}
      <p class="faint">
        Whoever runs this server and registers one app for everybody enters <code safe>{installation.url}</code> there
        instead, and sets <code safe>{installation.variables.join(", ")}</code>.
      </p>
    </div>
  );
}

interface SecretFieldsProps {
  readonly events: EventAppView;
  /** By field: `events.<name>`. */
  readonly errors: Readonly<Record<string, string>>;
}

/** What the provider signs with; goes in and never comes out again. */
export function SecretFields({ events, errors }: SecretFieldsProps): JSX.Element {
  const state = events.hasSecrets ? "Stored. Leave it empty to keep it." : "Stored encrypted, never shown again.";
  return (
    <>
      {events.secrets.map(({ name, title, description }) => (
        <TextField
          name={`events.${name}`}
          label={title}
          type="password"
          hint={`${description} ${state}`}
          error={errors[`events.${name}`]}
          autocomplete="off"
          optional
        />
      ))}
    </>
  );
}

export interface EventAppProps extends SecretFieldsProps {
  readonly action: string;
  readonly connectorTitle: string;
  readonly next: string | null;
  readonly csrf: string;
}

/** For accounts that are connected with a token of the person's own app: no client to register, but events to receive. */
export function EventApp({ action, connectorTitle, events, errors, next, csrf }: EventAppProps): JSX.Element {
  return (
    <details class="card register-app" {...(Object.keys(errors).length > 0 ? { open: true } : {})}>
      <summary class="card-header">
        <h2 safe>{`Events from ${connectorTitle}`}</h2>
        <span class="faint" safe>
          {eventsState(events)}
        </span>
      </summary>
      <div class="card-body stack">
        <EventsAddress events={events} />
        <Form action={action} csrf={csrf}>
          {next === null ? "" : <input type="hidden" name="next" value={Html.escapeHtml(next)} />}
          <SecretFields events={events} errors={errors} />
          <FormActions>
            {events.hasSecrets ? <Button kind="danger" label="Forget it" name="do" value="remove" /> : ""}
            <Button label="Store it" />
          </FormActions>
        </Form>
      </div>
    </details>
  );
}

export function eventsState({ hasSecrets, startsWorkflows, installation }: EventAppView): string {
  if (hasSecrets) return "Events come through your own app";
  if (installation.isSet) return "Events come through the installation's app";
  return startsWorkflows ? "No events yet: only needed for triggers" : "No events, which are optional";
}
