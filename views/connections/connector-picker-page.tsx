import { Html } from "@elysiajs/html";
import { Button, LinkButton } from "../components/button.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { ConnectorMark } from "./connector-mark.tsx";
import { withNext } from "./with-next.ts";

export interface ConnectorPickerPageProps {
  readonly connectors: readonly { readonly connector: string; readonly title: string; readonly description: string }[];
  readonly search: string;
  readonly next: string | null;
}

/** Which system to connect. */
export function ConnectorPickerPage({ connectors, search, next }: ConnectorPickerPageProps): JSX.Element {
  return (
    <>
      <PageHeader
        title="New connection"
        lead="Choose the system that the account is at."
        trail={{ href: "/connections", label: "Connections" }}
      />
      <form class="connector-search" method="get" action="/connections/new">
        <label class="visually-hidden" for="connector-search">
          Search connectors
        </label>
        <input
          class="input"
          id="connector-search"
          type="search"
          name="search"
          value={search}
          placeholder="Search connectors"
          autocomplete="off"
        />
        {next === null ? "" : <input type="hidden" name="next" value={Html.escapeHtml(next)} />}
        <Button label="Search" icon="search" />
      </form>
      {connectors.length === 0 ? (
        <EmptyState
          icon="search"
          title="No connector is called that"
          text="Systems without a connector of their own can be reached with the HTTP connector."
        >
          <LinkButton href={withNext("/connections/new", next)} label="Show all" />
        </EmptyState>
      ) : (
        <ul class="connector-grid">
          {connectors.map(({ connector, title, description }) => (
            <li class="card connector-card">
              <ConnectorMark connector={connector} />
              <span>
                <a class="row-link card-title" href={withNext(`/connections/new/${connector}`, next)} safe>
                  {title}
                </a>
                <span class="cell-note" safe>
                  {description}
                </span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
