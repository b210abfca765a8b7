import { Html } from "@elysiajs/html";
import { Button } from "../components/button.tsx";
import { Form } from "../components/form.tsx";
import type { IconName } from "../components/icon.tsx";
import { Icon } from "../components/icon.tsx";
import type { EditorView, StepPanel } from "./editor-view.ts";
import { follow } from "./follow.ts";

/** What can be done with a step as a whole. */
export function StepTools({ view, panel }: { view: EditorView; panel: StepPanel }): JSX.Element {
  const moveHref = `/workflows/${view.workflowId}?step=${panel.stepId}&move=${panel.stepId}`;
  return (
    <>
      <Tool view={view} action={`${panel.root}/move`} name="by" value="-1" label="Move up" icon="arrow-up" />
      <Tool view={view} action={`${panel.root}/move`} name="by" value="1" label="Move down" icon="arrow-down" />
      <a class="button" data-kind="quiet" data-size="small" href={moveHref} {...follow(moveHref)}>
        <Icon name="arrow" />
        Move to…
      </a>
      <Tool view={view} action={`${panel.root}/duplicate`} name="copy" value="yes" label="Duplicate" icon="copy" />
      {panel.changeHref ? (
        <a class="button" data-kind="quiet" data-size="small" href={panel.changeHref} {...follow(panel.changeHref)}>
          <Icon name="repeat" />
          Change
        </a>
      ) : (
        ""
      )}
      <Tool view={view} action={`${panel.root}/delete`} name="delete" value="yes" label="Delete" icon="trash" danger />
    </>
  );
}

function Tool({
  view,
  action,
  name,
  value,
  label,
  icon,
  danger,
}: {
  view: EditorView;
  action: string;
  name: string;
  value: string;
  label: string;
  icon: IconName;
  danger?: boolean;
}): JSX.Element {
  return (
    <Form action={action} csrf={view.csrf} class="tool" attrs={{ "hx-post": action }}>
      <Button
        kind={danger ? "danger" : "quiet"}
        size="small"
        icon={icon}
        iconOnly
        label={label}
        name={name}
        value={value}
        attrs={{ "data-tool": `${name}${value}` }}
      />
    </Form>
  );
}
