import { defineTrigger } from "../../../src/connector-sdk/trigger.ts";

export default defineTrigger({
  kind: "webhook",
  title: "Request to the workflow's URL",
  description: "Runs for every request to the secret URL that publishing gives.",
  input: {
    methods: {
      kind: "multi_select",
      title: "Methods",
      description: "Others are answered with 405.",
      default: ["GET", "POST", "PUT", "PATCH", "DELETE"],
      options: [
        { value: "GET", title: "GET" },
        { value: "POST", title: "POST" },
        { value: "PUT", title: "PUT" },
        { value: "PATCH", title: "PATCH" },
        { value: "DELETE", title: "DELETE" },
      ],
    },
    dedupeBy: {
      kind: "text",
      title: "Same event if equal",
      description:
        "An expression; a delivery with a value seen in the last 30 days starts no second run. If empty, the Idempotency-Key header counts.",
      placeholder: "{{ trigger.body.id }}",
    },
    signature: {
      kind: "object",
      title: "Signature",
      description: "Refuses deliveries that are not signed with the connection's signing secret.",
      fields: {
        scheme: {
          kind: "select",
          title: "Signed by",
          default: "none",
          options: [
            { value: "none", title: "Nobody" },
            { value: "standard_webhooks", title: "Standard Webhooks (Svix)" },
            { value: "github", title: "GitHub" },
            { value: "stripe", title: "Stripe" },
            { value: "slack", title: "Slack" },
            { value: "shopify", title: "Shopify" },
            { value: "hmac_sha256", title: "Another sender, with HMAC-SHA256" },
          ],
        },
        header: {
          kind: "text",
          title: "Header with the signature",
          placeholder: "X-Signature",
          required: true,
          showWhen: { field: "scheme", in: ["hmac_sha256"] },
        },
        encoding: {
          kind: "select",
          title: "Encoding",
          default: "hex",
          options: [
            { value: "hex", title: "Hexadecimal" },
            { value: "base64", title: "Base64" },
          ],
          showWhen: { field: "scheme", in: ["hmac_sha256"] },
        },
        prefix: {
          kind: "text",
          title: "Text before the signature",
          placeholder: "sha256=",
          showWhen: { field: "scheme", in: ["hmac_sha256"] },
        },
      },
    },
  },
  bodySample: { id: "evt_1", email: "ada@example.com" },
});
