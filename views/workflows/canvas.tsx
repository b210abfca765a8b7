import { Html } from "@elysiajs/html";
import { CardIconMark } from "./card-icon.tsx";
import type { CardView, EditorView, LaneView } from "./editor-view.ts";
import { follow } from "./follow.ts";
import { Spot } from "./spot.tsx";

/** The flow from the trigger down. Arrow keys go from card to card, see `builder.js`. */
export function Canvas({ view }: { view: EditorView }): JSX.Element {
  return (
    <section class="canvas" aria-label="Steps" id="canvas">
      {view.moving ? (
        <p class="moving-hint" role="status">
          <span safe>{`Moving “${view.moving.title}”: choose a place, or `}</span>
          <a
            href={`/workflows/${view.workflowId}?step=${view.moving.stepId}`}
            {...follow(`/workflows/${view.workflowId}?step=${view.moving.stepId}`)}
          >
            leave it where it is
          </a>
        </p>
      ) : (
        ""
      )}
      <div class="flow">
        <Card card={view.trigger} kind="trigger" mayEdit={view.mayEdit} />
        <Lane lane={view.root} view={view} />
        <p class="flow-end">End</p>
      </div>
    </section>
  );
}

function Lane({ lane, view }: { lane: LaneView; view: EditorView }): JSX.Element {
  return (
    <ol class="lane-steps">
      <li class="lane-spot">
        <Spot spot={lane.begin} view={view} />
      </li>
      {lane.steps.map(({ card, lanes, isSideBySide, end }) => (
        <li class="node" id={`node-${card.id}`}>
          <Card card={card} kind="step" mayEdit={view.mayEdit} />
          {lanes.length > 0 ? (
            <div class="lanes" data-side-by-side={isSideBySide ? "" : undefined}>
              {lanes.map((inner) => (
                <div class="lane">
                  <div class="lane-title">
                    <span safe>{inner.title ?? ""}</span>
                    {inner.condition ? <small safe>{inner.condition}</small> : ""}
                  </div>
                  <Lane lane={inner} view={view} />
                </div>
              ))}
            </div>
          ) : (
            ""
          )}
          <Spot spot={end} view={view} />
        </li>
      ))}
    </ol>
  );
}

function describeTrouble({ problems, isOnlyEmpty }: CardView): string {
  if (isOnlyEmpty) return problems === 1 ? "1 field to fill in" : `${problems} fields to fill in`;
  return problems === 1 ? "1 problem" : `${problems} problems`;
}

function Card({ card, kind, mayEdit }: { card: CardView; kind: "trigger" | "step"; mayEdit: boolean }): JSX.Element {
  const { problems } = card;
  return (
    <a
      class="card-step"
      id={`card-${card.id}`}
      draggable={kind === "step" && mayEdit ? "true" : "false"}
      data-step={kind === "step" ? card.id : undefined}
      data-kind={kind}
      data-problems={problems > 0 ? (card.isOnlyEmpty ? "empty" : "wrong") : undefined}
      data-moving={card.isMoving ? "" : undefined}
      aria-current={card.isSelected ? "true" : undefined}
      href={card.href}
      {...follow(card.href)}
    >
      <CardIconMark icon={card.icon} />
      <span class="card-text">
        <span class="card-title" safe>
          {card.title}
        </span>
        <span class="card-subtitle" safe>
          {card.subtitle}
        </span>
      </span>
      {kind === "step" ? (
        <code class="card-id" safe>
          {card.id}
        </code>
      ) : (
        ""
      )}
      {problems > 0 ? (
        <span class="card-problems" safe>
          {describeTrouble(card)}
        </span>
      ) : (
        ""
      )}
    </a>
  );
}
