import { Html } from "@elysiajs/html";
import type { DiffLine } from "../../src/domain/diff-lines.ts";
import { DialogButton } from "../components/button.tsx";
import { FormDialog } from "../components/dialog.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { Time } from "../components/time.tsx";

export interface VersionView {
  readonly root: string;
  readonly name: string;
  readonly version: number;
  readonly createdAt: number;
  readonly isPublished: boolean;
  readonly mayEdit: boolean;
  readonly csrf: string;
  /** With the version before it, or what has changed in the draft since. */
  readonly comparison: "before" | "draft";
  readonly diff: readonly DiffLine[];
  readonly definition: string;
}

/** One version: what changed in it, and the way back to it. */
export function VersionPage({ view }: { view: VersionView }): JSX.Element {
  const { root, version, isPublished } = view;
  const here = `${root}/versions/${version}`;
  const isUnchanged = view.diff.every(({ kind }) => kind === "skipped" || kind === "same");
  return (
    <>
      <PageHeader
        title={`Version ${version}`}
        trail={{ href: `${root}/versions`, label: `Versions of ${view.name}` }}
        badges={isPublished ? [{ tone: "success", label: "Running" }] : []}
      >
        {view.mayEdit ? (
          <>
            <DialogButton dialog="edit-version" label="Edit from here" />
            {isPublished ? (
              ""
            ) : (
              <DialogButton dialog="publish-version" label="Publish this version" kind="primary" icon="rotate" />
            )}
          </>
        ) : (
          ""
        )}
      </PageHeader>
      <p>
        {"Published "}
        <Time at={view.createdAt} />
        {". "}
        {view.comparison === "before" ? (
          <>
            <span safe>{`Below is what it changed from version ${version - 1}. `}</span>
            <a href={`${here}?with=draft`}>Compare with the draft</a>
          </>
        ) : (
          <>
            {"Below is what the draft has changed since. "}
            {version > 1 ? (
              <a href={here} safe>
                {`Compare with version ${version - 1}`}
              </a>
            ) : (
              ""
            )}
          </>
        )}
      </p>
      {isUnchanged ? <p class="panel-note">Nothing is different.</p> : <Diff lines={view.diff} />}
      <details class="advanced">
        <summary>The whole definition</summary>
        <pre class="diff" tabindex="0">
          <code safe>{view.definition}</code>
        </pre>
      </details>
      <FormDialog
        id="publish-version"
        title={`Publish version ${version} again?`}
        action={`${here}/publish`}
        csrf={view.csrf}
        text="It becomes the newest version and runs from now on. The draft stays as it is."
        confirmLabel="Publish"
      />
      <FormDialog
        id="edit-version"
        title={`Edit from version ${version}?`}
        action={`${here}/edit`}
        csrf={view.csrf}
        text="The draft is replaced by this version. What has not been published of it is lost."
        confirmLabel="Replace the draft"
        danger
      />
    </>
  );
}

const MARKS = { added: "+", removed: "−", same: " " } as const;
const WORDS = { added: "Added: ", removed: "Removed: ", same: "" } as const;

function Diff({ lines }: { lines: readonly DiffLine[] }): JSX.Element {
  return (
    <section class="diff" aria-label="Changes" tabindex="0">
      {lines.map((line) =>
        line.kind === "skipped" ? (
          <div class="diff-line" data-kind="skipped">
            <span aria-hidden="true">⋯</span>
            <span safe>{line.count === 1 ? "1 line is the same" : `${line.count} lines are the same`}</span>
          </div>
        ) : (
          <div class="diff-line" data-kind={line.kind}>
            <span aria-hidden="true">{MARKS[line.kind]}</span>
            <span>
              {line.kind === "same" ? "" : <span class="visually-hidden">{WORDS[line.kind]}</span>}
              <span safe>{line.text}</span>
            </span>
          </div>
        ),
      )}
    </section>
  );
}
