import { Html } from "@elysiajs/html";
import type { Json } from "../../src/domain/json.ts";

/** What a page draws of one value; the rest is a download away. */
const MAX_NODES = 400;
const MAX_TEXT = 2_000;
/** Deeper than this, objects and lists start closed. */
const OPEN_DEPTH = 2;
const OPEN_ENTRIES = 50;

interface Budget {
  left: number;
}

/** A JSON value as a tree that opens and closes. Of a large one the beginning; `rest` is where all of it is. */
export function JsonView({ value, rest }: { value: Json; rest: string | null }): JSX.Element {
  const budget: Budget = { left: MAX_NODES };
  const tree = <Value value={value} depth={0} budget={budget} />;
  return (
    <div class="json" tabindex="0">
      {tree}
      {budget.left <= 0 && rest ? (
        <p class="json-rest">
          Only the beginning is shown. <a href={rest}>Download all of it</a>
        </p>
      ) : (
        ""
      )}
    </div>
  );
}

function Value({ value, depth, budget }: { value: Json; depth: number; budget: Budget }): JSX.Element {
  budget.left -= 1;
  if (value === null || typeof value !== "object") return <Scalar value={value} />;
  const entries: readonly (readonly [string, Json])[] = Array.isArray(value)
    ? value.slice(0, MAX_NODES).map((item, index) => [String(index), item] as const)
    : Object.entries(value);
  const isList = Array.isArray(value);
  const count = isList ? value.length : entries.length;
  if (count === 0) return <span class="json-empty">{isList ? "[ ]" : "{ }"}</span>;
  const isOpen = depth < OPEN_DEPTH && count <= OPEN_ENTRIES;
  return (
    <details open={isOpen}>
      <summary safe>{sizeOf(isList, count)}</summary>
      <ul>
        {entries.map(([key, inner]) =>
          budget.left <= 0 ? (
            ""
          ) : (
            <li>
              <span class={isList ? "json-index" : "json-key"} safe>
                {key}
              </span>
              <Value value={inner} depth={depth + 1} budget={budget} />
            </li>
          ),
        )}
      </ul>
    </details>
  );
}

function sizeOf(isList: boolean, count: number): string {
  const noun = isList ? "item" : "field";
  const text = `${count} ${noun}${count === 1 ? "" : "s"}`;
  return isList ? `[ ${text} ]` : `{ ${text} }`;
}

function Scalar({ value }: { value: string | number | boolean | null }): JSX.Element {
  if (typeof value !== "string") {
    return (
      <span class={value === null ? "json-null" : "json-literal"} safe>
        {String(value)}
      </span>
    );
  }
  const shown = value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value;
  return (
    <span class="json-text" dir="auto" safe>
      {shown}
    </span>
  );
}
