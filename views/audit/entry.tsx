import { Html } from "@elysiajs/html";
import type { EntryView } from "./audit-entry.ts";

/** What an entry says beside its sentence: line by line, and behind a click exactly as it is written down. */
export function EntryDetails({ entry }: { entry: EntryView }): JSX.Element {
  const { lines, target, details, action, seq } = entry;
  const written = { action, target: target.id, ...(Object.keys(details).length > 0 && { details }) };
  return (
    <>
      {lines.length === 0 ? (
        ""
      ) : (
        <ul class="audit-lines">
          {lines.map((line) => (
            <li dir="auto" safe>
              {line}
            </li>
          ))}
        </ul>
      )}
      <details class="audit-written">
        <summary>
          As written down<span class="visually-hidden" safe>{` in entry ${seq}`}</span>
        </summary>
        <pre tabindex="0">
          <code safe>{JSON.stringify(written, null, 2)}</code>
        </pre>
      </details>
    </>
  );
}
