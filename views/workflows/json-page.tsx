import { Html } from "@elysiajs/html";
import type { FieldError } from "../../src/domain/errors.ts";
import { Button, CopyButton, FormActions, LinkButton } from "../components/button.tsx";
import { Form } from "../components/form.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHeader } from "../components/page-header.tsx";

export interface JsonView {
  readonly root: string;
  readonly name: string;
  readonly revision: number;
  readonly csrf: string;
  readonly mayEdit: boolean;
  readonly isConflict: boolean;
  readonly text: string;
  readonly errors: readonly FieldError[];
}

/** The draft's definition as text: export by download or copy, import by pasting. */
export function JsonPage({ view }: { view: JsonView }): JSX.Element {
  const { root, errors } = view;
  return (
    <>
      <PageHeader
        title="As JSON"
        trail={{ href: root, label: view.name }}
        lead="The draft's definition. Connections are named by their ids; credentials are not in it."
      >
        <CopyButton from="definition" label="Copy" />
        <LinkButton href={`${root}/export`} label="Download" icon="download" download="workflow.json" />
      </PageHeader>
      {errors.length > 0 ? (
        <Notice tone="danger" title="It is not stored">
          <ul class="error-list">
            {errors.slice(0, 50).map(({ path, message }) => (
              <li safe>{`${path} ${message}`.trim()}</li>
            ))}
          </ul>
        </Notice>
      ) : (
        ""
      )}
      <Form action={`${root}/json`} csrf={view.csrf}>
        <input type="hidden" name="revision" value={String(view.revision)} />
        {view.isConflict ? <input type="hidden" name="overwrite" value="yes" /> : ""}
        <textarea
          class="input mono json-text"
          id="definition"
          name="definition"
          rows="30"
          spellcheck="false"
          aria-label="Definition"
          readonly={!view.mayEdit}
          safe
        >
          {`\n${view.text}`}
        </textarea>
        {view.mayEdit ? (
          <FormActions>
            <LinkButton href={root} label="Cancel" />
            <Button kind="primary" label="Replace the draft" />
          </FormActions>
        ) : (
          ""
        )}
      </Form>
    </>
  );
}
