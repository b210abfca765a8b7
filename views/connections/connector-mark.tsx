import { Html } from "@elysiajs/html";

/** A connector's own icon. Decoration: the name stands beside it. */
export function ConnectorMark({ connector }: { connector: string }): JSX.Element {
  return (
    <span class="card-icon" aria-hidden="true">
      <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
        <use href={`/connector-icons/${connector}#icon`} />
      </svg>
    </span>
  );
}
