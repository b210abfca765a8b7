import { Html } from "@elysiajs/html";
import type { Json } from "../../src/domain/json.ts";
import { LinkButton } from "../components/button.tsx";
import { JsonView } from "../components/json-view.tsx";

/** Data that went in or came out; all of it under `file`. Nothing where there is none. */
export function Payload({
  id,
  title,
  value,
  file,
}: {
  id: string;
  title: string;
  value: Json | undefined;
  file: string;
}): JSX.Element {
  if (value === undefined) return "";
  return (
    <section class="payload" aria-labelledby={`${id}-title`}>
      <header>
        <h3 id={`${id}-title`} safe>
          {title}
        </h3>
        <LinkButton
          href={file}
          download={`${id}.json`}
          label={`Download the ${id}`}
          icon="download"
          iconOnly
          kind="quiet"
          size="small"
        />
      </header>
      <JsonView value={value} rest={file} />
    </section>
  );
}
