import { Html } from "@elysiajs/html";
import { Button, FormActions, LinkButton } from "../components/button.tsx";
import { Card } from "../components/card.tsx";
import { TextField } from "../components/field.tsx";
import type { FieldView } from "../components/fields/field-view.ts";
import { FieldsForm } from "../components/fields/fields-form.tsx";
import { Form } from "../components/form.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { EventApp, type EventAppView } from "./event-app.tsx";
import { type AppView, RegisterApp, SetupSteps, type SetupView } from "./register-app.tsx";
import { withNext } from "./with-next.ts";

export interface NewConnectionPageProps {
  readonly option: {
    readonly connector: string;
    readonly title: string;
    readonly description: string;
    readonly asksHosts: boolean;
    readonly schemes: readonly { readonly name: string; readonly title: string }[];
  };
  readonly scheme: {
    readonly name: string;
    readonly title: string;
    readonly oauth: AppView | null;
    /** For a credential that is typed in. */
    readonly setup: SetupView | null;
    readonly events: EventAppView | null;
  };
  readonly fields: readonly FieldView[];
  readonly others: readonly string[];
  readonly entered: { readonly name: string; readonly hosts: string; readonly clientId: string };
  /** By field; under the empty name what is wrong with the whole. */
  readonly errors: Readonly<Record<string, string>>;
  /** Where to go once it is connected, such as the step that needs it; null: to the connection's page. */
  readonly next: string | null;
  readonly csrf: string;
}

/** Everything that is needed to connect one system: at the provider first, then here. */
export function NewConnectionPage(props: NewConnectionPageProps): JSX.Element {
  const { option, scheme, errors, next, csrf } = props;
  const appErrors = Object.fromEntries(Object.entries(errors).filter(([name]) => /^(?:clientId$|events\.)/.test(name)));
  const app = { action: `/connections/new/${option.connector}/${scheme.name}/app`, connectorTitle: option.title };
  return (
    <>
      <PageHeader
        title={`Connect ${option.title}`}
        lead={option.description}
        trail={{ href: withNext("/connections/new", next), label: "New connection" }}
      />
      <div class="connect">
        {option.schemes.length > 1 ? <SchemeChoice {...props} /> : ""}
        {errors[""] ? (
          <Notice tone="danger" title="Not connected">
            <p safe>{errors[""]}</p>
          </Notice>
        ) : (
          ""
        )}
        {scheme.oauth ? (
          <RegisterApp
            {...app}
            oauth={scheme.oauth}
            events={scheme.events}
            clientId={props.entered.clientId}
            errors={appErrors}
            next={next}
            csrf={csrf}
          />
        ) : (
          ""
        )}
        {scheme.setup ? (
          <Card id="setup-title" title={`At ${option.title}`}>
            <SetupSteps setup={scheme.setup} />
          </Card>
        ) : (
          ""
        )}
        <Connect {...props} />
        {scheme.events?.startsWorkflows && scheme.oauth === null ? (
          <EventApp {...app} events={scheme.events} errors={appErrors} next={next} csrf={csrf} />
        ) : (
          ""
        )}
      </div>
    </>
  );
}

function SchemeChoice({ option, scheme, next }: NewConnectionPageProps): JSX.Element {
  return (
    <nav class="scheme-choice" aria-label="How to sign in">
      {option.schemes.map(({ name, title }) => (
        <a
          href={withNext(`/connections/new/${option.connector}?scheme=${encodeURIComponent(name)}`, next)}
          aria-current={name === scheme.name ? "page" : undefined}
          safe
        >
          {title}
        </a>
      ))}
    </nav>
  );
}

function Connect({ option, scheme, fields, others, entered, errors, next, csrf }: NewConnectionPageProps): JSX.Element {
  const { oauth } = scheme;
  const isReady = oauth === null || oauth.app.clientId !== null;
  return (
    <Card id="connect-title" title={oauth ? "2. Connect an account" : "The account"}>
      <Form action={`/connections/new/${option.connector}/${scheme.name}`} csrf={csrf}>
        {next === null ? "" : <input type="hidden" name="next" value={Html.escapeHtml(next)} />}
        <TextField
          name="name"
          label="Name"
          hint="How people here tell it from other accounts of the same system."
          value={entered.name}
          error={errors.name}
          maxlength={200}
          autocomplete="off"
        />
        {fields.length > 0 || others.length > 0 ? <FieldsForm fields={fields} others={others} /> : ""}
        {option.asksHosts ? (
          <TextField
            name="hosts"
            label="Hosts"
            hint="The only hosts this credential is ever sent to, such as api.example.com or *.example.com; several with spaces between."
            value={entered.hosts}
            error={errors.hosts}
            autocomplete="off"
            spellcheck="false"
            mono
          />
        ) : (
          ""
        )}
        <FormActions>
          <LinkButton href={next ?? "/connections"} label="Cancel" />
          <Button
            kind="primary"
            label={oauth?.grant === "authorization_code" ? `Connect with ${option.title}` : "Connect"}
            disabled={!isReady}
          />
        </FormActions>
      </Form>
      {isReady ? "" : <p class="faint connect-first">First enter the client id of your app above.</p>}
    </Card>
  );
}
