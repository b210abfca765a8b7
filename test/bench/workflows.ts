import type { Branch, Step, TriggerDefinition, WorkflowDefinition } from "../../src/domain/workflow.ts";

/*
 * What the server is measured with. The load generator's body is `{ id, email, region: "EU", price }`.
 */

const trigger: TriggerDefinition = { connector: "webhook", trigger: "request", input: {} };
const price: Step = { id: "price", kind: "set", values: { total: "{{ trigger.body.price * 2 }}" } };
const shape: Step = {
  id: "shape",
  kind: "set",
  values: { email: "{{ trigger.body.email }}", total: "{{ steps.price.output.total }}" },
};

function inEurope(step: Step, otherwise: readonly Step[] = []): Step {
  const when: Branch["when"] = {
    any: [{ all: [{ left: "{{ trigger.body.region }}", operator: "equals", right: "EU" }] }],
  };
  return { id: "region", kind: "branch", branches: [{ name: "EU", when, steps: [step] }], otherwise };
}

/** webhook → set → branch → set: nothing to wait for. */
export const pureWorkflow: WorkflowDefinition = { name: "Pure", trigger, steps: [price, inEurope(shape)] };

/** As the pure one, and runs from outside of Europe fail. */
export const failingWorkflow: WorkflowDefinition = {
  name: "Fails at times",
  trigger,
  steps: [price, inEurope(shape, [{ id: "refuse", kind: "stop", outcome: "failed", message: "Not in Europe" }])],
};

/** webhook → set → branch → HTTP POST of the delivery's id. */
export function sendingWorkflow(url: string): WorkflowDefinition {
  const send: Step = {
    id: "send",
    kind: "action",
    connector: "http",
    action: "request",
    input: { method: "POST", url, body: { id: "{{ trigger.body.id }}", total: "{{ steps.price.output.total }}" } },
  };
  return { name: "Sends", trigger, steps: [price, inEurope(send)] };
}

/** Does not end while anybody looks. */
export const waitingWorkflow: WorkflowDefinition = {
  name: "Waits",
  trigger,
  steps: [price, { id: "pause", kind: "delay", for: "PT10H" }],
};

/** Keeps a request under way. It only reads, so that after a crash it is sent again. */
export function hangingWorkflow(url: string): WorkflowDefinition {
  const ask: Step = {
    id: "ask",
    kind: "action",
    connector: "http",
    action: "request",
    input: { method: "GET", url },
    timeoutMs: 300_000,
  };
  return { name: "Hangs", trigger, steps: [price, ask] };
}

/** One `set` for each item of `items` in the body. */
export const loopWorkflow: WorkflowDefinition = {
  name: "Loops",
  trigger,
  steps: [
    {
      id: "each",
      kind: "loop",
      items: "{{ trigger.body.items }}",
      steps: [{ id: "double", kind: "set", values: { value: "{{ item * 2 }}" } }],
    },
  ],
};
