import type { WorkflowDefinition } from "./workflow.ts";

/** What a workflow can begin as. */
export type TemplateName = "blank" | "starter";

export function workflowTemplate(template: TemplateName, name: string): WorkflowDefinition {
  return template === "starter" ? { ...STARTER, name: name || STARTER.name } : { ...BLANK, name: name || BLANK.name };
}

const BLANK: WorkflowDefinition = {
  name: "Untitled workflow",
  trigger: { connector: "webhook", trigger: "request", input: {} },
  steps: [],
};

/** Webhook, condition, HTTP request: what most workflows are made of, with one address to change. */
const STARTER: WorkflowDefinition = {
  name: "My first workflow",
  description: "When a request comes in and its amount is over 100, sends it on to another address.",
  trigger: { connector: "webhook", trigger: "request", input: {} },
  steps: [
    {
      id: "check",
      kind: "branch",
      name: "Is it a large one?",
      branches: [
        {
          name: "Large",
          when: { any: [{ all: [{ left: "{{ trigger.body.amount }}", operator: "greater", right: 100 }] }] },
          steps: [
            {
              id: "send",
              kind: "action",
              name: "Send it on",
              connector: "http",
              action: "request",
              input: {
                method: "POST",
                url: "https://example.com/",
                body: { email: "{{ trigger.body.email }}", amount: "{{ trigger.body.amount }}" },
              },
            },
          ],
        },
      ],
      otherwise: [],
    },
  ],
};
