import { Html } from "@elysiajs/html";
import { Form } from "../components/form.tsx";
import { Icon } from "../components/icon.tsx";
import type { EditorView, SpotView } from "./editor-view.ts";
import { follow } from "./follow.ts";

/** A place between two steps: the line, and the way to put something there. */
export function Spot({ spot, view }: { spot: SpotView; view: EditorView }): JSX.Element {
  const { moving, mayEdit } = view;
  if (!mayEdit) return <span class="spot" />;
  if (moving) {
    const action = `/workflows/${view.workflowId}/steps/${moving.stepId}/move`;
    return (
      <Form action={action} csrf={view.csrf} class="spot" attrs={{ "hx-post": action }}>
        <input type="hidden" name="lane" value={spot.lane} />
        <input type="hidden" name="after" value={spot.after} />
        <button
          class="spot-move"
          type="submit"
          aria-label={spot.after === "" ? "Move here, to the beginning" : `Move here, after ${spot.after}`}
        >
          Move here
        </button>
      </Form>
    );
  }
  return (
    <span class="spot" data-lane={spot.lane} data-after={spot.after}>
      <a
        class="spot-add"
        aria-label={spot.label}
        aria-current={spot.isSelected ? "true" : undefined}
        href={spot.addHref}
        {...follow(spot.addHref)}
      >
        <Icon name="plus" />
      </a>
    </span>
  );
}
