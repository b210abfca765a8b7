import { Html } from "@elysiajs/html";
import { Button } from "../components/button.tsx";
import type { IconName } from "../components/icon.tsx";
import type { BranchesView, BranchView, StepPanel } from "./editor-view.ts";

/** The branches of a step: names, conditions, order. Its buttons belong to the step's form, so that nothing typed is lost. */
export function BranchesEditor({ panel, branches }: { panel: StepPanel; branches: BranchesView }): JSX.Element {
  return (
    <section class="branches" aria-label="Branches">
      {branches.branches.map((branch, index) => (
        <fieldset class="branch">
          <legend class="visually-hidden" safe>{`Branch ${index + 1}`}</legend>
          <div class="branch-head">
            <input
              class="input"
              name={`${branch.key}.name`}
              id={`${panel.stepId}-branch-${index}`}
              value={Html.escapeHtml(branch.name)}
              aria-label={`Name of branch ${index + 1}`}
            />
            <Act value={`branch-up:${index}`} label={`Move branch ${index + 1} up`} icon="arrow-up" />
            <Act value={`branch-down:${index}`} label={`Move branch ${index + 1} down`} icon="arrow-down" />
            <Act value={`branch-remove:${index}`} label={`Remove branch ${index + 1}`} icon="trash" />
          </div>
          {branches.hasConditions ? <Condition branch={branch} operators={branches.operators} index={index} /> : ""}
          {branch.errors.length > 0 ? (
            <ul class="error-list">
              {branch.errors.map((message) => (
                <li safe>{message}</li>
              ))}
            </ul>
          ) : (
            ""
          )}
        </fieldset>
      ))}
      <div class="row">
        <Button size="small" icon="plus" name="do" value="branch-add" label="Add branch" />
        {branches.hasConditions ? (
          <Button
            size="small"
            kind="quiet"
            name="do"
            value={branches.hasOtherwise ? "otherwise:off" : "otherwise:on"}
            label={branches.hasOtherwise ? "Remove “otherwise”" : "Add “otherwise”"}
          />
        ) : (
          ""
        )}
      </div>
    </section>
  );
}

function Condition({
  branch,
  operators,
  index,
}: {
  branch: BranchView;
  operators: BranchesView["operators"];
  index: number;
}): JSX.Element {
  const number = index + 1;
  return (
    <div class="condition" data-by={branch.by}>
      <label class="condition-by">
        <span>When</span>
        <select class="input" name={`${branch.key}.by`} aria-label={`How branch ${number} decides`}>
          <option value="rules" selected={branch.by === "rules"}>
            these rules hold
          </option>
          <option value="expression" selected={branch.by === "expression"}>
            an expression is true
          </option>
        </select>
      </label>
      {branch.by === "expression" ? (
        <textarea
          class="input mono"
          name={`${branch.key}.expression`}
          rows="2"
          spellcheck="false"
          placeholder="trigger.body.amount > 100"
          aria-label={`Expression of branch ${number}`}
          data-expression="bare"
          safe
        >
          {`\n${branch.expression}`}
        </textarea>
      ) : (
        <Groups branch={branch} operators={operators} number={number} />
      )}
    </div>
  );
}

function Groups({
  branch,
  operators,
  number,
}: {
  branch: BranchView;
  operators: BranchesView["operators"];
  number: number;
}): JSX.Element {
  return (
    <div class="condition-groups">
      {branch.groups.map((group, groupAt) => (
        <div class="condition-group">
          {groupAt > 0 ? <div class="condition-or">or</div> : ""}
          {group.rows.map((row, rowAt) => {
            const where = `Branch ${number}, rule ${groupAt + 1}.${rowAt + 1}`;
            return (
              <div class="condition-row" data-invalid={row.errors.length > 0 ? "" : undefined}>
                {rowAt > 0 ? <span class="condition-and">and</span> : ""}
                <input
                  class="input mono"
                  name={`${row.key}.left`}
                  value={Html.escapeHtml(row.left)}
                  placeholder="{{ trigger.body.… }}"
                  autocomplete="off"
                  aria-label={`${where}: value`}
                  data-expression
                />
                <select class="input" name={`${row.key}.operator`} aria-label={`${where}: operator`}>
                  {operators.map(({ value, title }) => (
                    <option value={value} selected={value === row.operator} safe>
                      {title}
                    </option>
                  ))}
                </select>
                {row.needsRight ? (
                  <input
                    class="input"
                    name={`${row.key}.right`}
                    value={Html.escapeHtml(row.right)}
                    placeholder="Value"
                    autocomplete="off"
                    aria-label={`${where}: compared with`}
                    data-expression
                  />
                ) : (
                  ""
                )}
                <Act value={`remove:${row.key}`} label={`${where}: remove`} icon="x" />
                {row.errors.length > 0 ? (
                  <ul class="error-list">
                    {row.errors.map((message) => (
                      <li safe>{message}</li>
                    ))}
                  </ul>
                ) : (
                  ""
                )}
              </div>
            );
          })}
          <Button kind="quiet" size="small" name="do" value={`add:${group.key}.all`} label="+ And" />
        </div>
      ))}
      <Button kind="quiet" size="small" name="do" value={`add:${branch.key}.any`} label="+ Or" />
    </div>
  );
}

function Act(act: { value: string; label: string; icon: IconName }): JSX.Element {
  return <Button kind="quiet" size="small" iconOnly name="do" {...act} />;
}
