import { isFinal } from "../../src/domain/run.ts";
import { until } from "../until.ts";
import type { StartedUi } from "./start-ui.ts";

/** Workflows and runs of every kind that a page can show; ids by what they are. */
export async function makeDemoData({ app, tenant, url }: StartedUi) {
  const { workflows, runs } = app.services;
  const { scope } = tenant;
  const trigger = { connector: "webhook", trigger: "request", input: {} };
  const publish = async (definition: object) => {
    const { id } = await workflows.create(scope, definition);
    const { webhookUrl } = await workflows.publish(scope, id);
    return { id, webhookUrl: webhookUrl ?? "" };
  };
  const call = async (address: string, body: unknown) => {
    const response = await fetch(address, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    });
    return ((await response.json()) as { runId: string }).runId;
  };
  const leads = await publish({
    name: "Route new leads",
    trigger,
    steps: [
      {
        id: "shape",
        kind: "set",
        name: "Work out the value",
        values: { total: "{{ trigger.body.price * 2 }}", who: "{{ trigger.body.email }}" },
      },
      {
        id: "region",
        kind: "branch",
        name: "Which region?",
        branches: [
          {
            name: "EU",
            when: { any: [{ all: [{ left: "{{ trigger.body.region }}", operator: "equals", right: "EU" }] }] },
            steps: [{ id: "eu", kind: "set", name: "Assign to the EU team", values: { team: "eu" } }],
          },
          {
            name: "US",
            when: { any: [{ all: [{ left: "{{ trigger.body.region }}", operator: "equals", right: "US" }] }] },
            steps: [
              {
                id: "us",
                kind: "action",
                name: "Tell the US team",
                connector: "http",
                action: "request",
                input: { method: "GET", url: `${url}/nothing` },
                retry: { maxAttempts: 1 },
              },
            ],
          },
        ],
        otherwise: [
          { id: "nobody", kind: "stop", outcome: "failed", message: "There is no team for {{ trigger.body.region }}." },
        ],
      },
    ],
  });
  const refund = await publish({
    name: "Approve refunds over 100 €",
    trigger,
    steps: [
      {
        id: "ask",
        kind: "approval",
        name: "Ask the manager",
        message: "Refund {{ trigger.body.amount }} € to {{ trigger.body.customer }}?",
      },
      { id: "done", kind: "set", name: "Note the decision", values: { approved: "{{ steps.ask.output.approved }}" } },
    ],
  });
  const batch = await publish({
    name: "Nightly invoice batch",
    trigger,
    steps: [
      {
        id: "each",
        kind: "loop",
        name: "Every invoice",
        items: "{{ trigger.body.rows }}",
        maxConcurrency: 10,
        steps: [
          { id: "line", kind: "set", name: "Work out the line", values: { n: "{{ item.n }}" } },
          {
            id: "check",
            kind: "branch",
            name: "Is it large?",
            branches: [
              {
                name: "Large",
                when: { expression: "item.n > 3" },
                steps: [{ id: "flag", kind: "set", name: "Flag it", values: { flagged: true } }],
              },
            ],
          },
        ],
      },
    ],
  });
  const post = await publish({
    name: "Book payments",
    trigger,
    steps: [
      {
        id: "pay",
        kind: "action",
        name: "Book the payment",
        connector: "http",
        action: "request",
        input: {
          method: "POST",
          url: `${url}/nothing`,
          body: { amount: "{{ trigger.body.amount }}" },
          headers: { Authorization: "Bearer secret-token" },
        },
      },
    ],
  });
  const ids = {
    succeeded: await call(leads.webhookUrl, { id: 1, region: "EU", price: 21, email: "ada@example.com" }),
    failed: await call(leads.webhookUrl, { id: 2, region: "US", price: 20, email: "bob@example.com" }),
    stopped: await call(leads.webhookUrl, { id: 3, region: "MARS", price: 20, email: "mars@example.com" }),
    waiting: await call(refund.webhookUrl, { amount: 240, customer: "Grace Hopper" }),
    loop: await call(batch.webhookUrl, { rows: Array.from({ length: 40 }, (_, n) => ({ n, sku: `A-${n}` })) }),
    posted: await call(post.webhookUrl, { amount: 12.5 }),
  };
  await workflows.create(scope, { name: "A draft that was never published", trigger, steps: [] });
  for (const [what, id] of Object.entries(ids))
    await until(`the run "${what}" moves no more`, async () => {
      const { status } = await runs.find(scope, id);
      return isFinal(status) || status === "waiting" || status === "needs_review";
    });
  return { ids, workflows: { leads, refund, batch, post }, runs };
}
