import { Html } from "@elysiajs/html";
import { Time } from "../components/time.tsx";

export interface DataSource {
  readonly title: string;
  readonly items: readonly { readonly path: string; readonly preview: string }[];
}

/** Values to click on; `builder.js` puts the chosen one where the caret was. */
export function DataList({
  sources,
  lastRunAt,
}: {
  sources: readonly DataSource[];
  lastRunAt: number | null;
}): JSX.Element {
  return (
    <>
      <p class="hint">
        {lastRunAt === null ? (
          "Samples; after the first run, what it had."
        ) : (
          <>
            {"From the last run, "}
            <Time at={lastRunAt} />
          </>
        )}
      </p>
      {sources.map(({ title, items }, index) => (
        <details class="data-source" open={index < 2}>
          <summary safe>{title}</summary>
          <ul class="data-items">
            {items.map(({ path, preview }) => (
              <li>
                <button class="data-item" type="button" data-insert={Html.escapeHtml(path)}>
                  <code safe>{path}</code>
                  <span safe>{preview}</span>
                </button>
              </li>
            ))}
          </ul>
        </details>
      ))}
    </>
  );
}
