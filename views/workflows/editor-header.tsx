import { Html } from "@elysiajs/html";
import type { BadgeProps } from "../components/badge.tsx";
import { Button, DialogButton, LinkButton } from "../components/button.tsx";
import { Form } from "../components/form.tsx";
import { PageHeader } from "../components/page-header.tsx";
import type { EditorView } from "./editor-view.ts";

/** The workflow's name and state, and what can be done with it as a whole. */
export function EditorHeader({ view }: { view: EditorView }): JSX.Element {
  const { name, workflowId, csrf, mayEdit, publishedVersion, isAhead, problems } = view;
  const root = `/workflows/${workflowId}`;
  return (
    <PageHeader title={name} trail={{ href: "/workflows", label: "Workflows" }} badges={badgesOf(view)}>
      <LinkButton href={`${root}/versions`} label="Versions" kind="quiet" icon="rotate" />
      <LinkButton href={`${root}/json`} label="JSON" kind="quiet" icon="braces" />
      <LinkButton href={`/runs?workflow=${workflowId}`} label="Runs" kind="quiet" icon="activity" />
      {view.mayRun && publishedVersion !== null ? <DialogButton dialog="run-now" label="Run now" icon="play" /> : ""}
      {mayEdit ? (
        <>
          <DialogButton dialog="workflow-menu" label="More" icon="more" iconOnly />
          <Form action={`${root}/publish`} csrf={csrf} class="publish-form" attrs={{ "hx-post": `${root}/publish` }}>
            <input type="hidden" name="revision" value={String(view.revision)} data-base />
            <Button
              kind={isAhead && problems.length === 0 ? "primary" : "secondary"}
              label={publishedVersion === null ? "Publish" : isAhead ? "Publish changes" : "Published"}
              disabled={!isAhead}
            />
          </Form>
        </>
      ) : (
        ""
      )}
    </PageHeader>
  );
}

function badgesOf({ publishedVersion, isAhead, problems, mayEdit }: EditorView): BadgeProps[] {
  const state: BadgeProps =
    publishedVersion === null
      ? { label: "Draft", tone: "neutral" }
      : { label: `Published · version ${publishedVersion}`, tone: "success" };
  return [
    state,
    ...(publishedVersion !== null && isAhead ? [{ label: "Unpublished changes", tone: "warning" } as const] : []),
    ...(problems.length > 0
      ? [{ label: problems.length === 1 ? "1 problem" : `${problems.length} problems`, tone: "danger" } as const]
      : []),
    ...(mayEdit ? [] : [{ label: "Read only", tone: "neutral" } as const]),
  ];
}
