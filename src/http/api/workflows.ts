import { z } from "zod";
import { AppError } from "../../domain/errors.ts";
import type { WorkflowDefinition } from "../../domain/workflow.ts";
import type { Workflow } from "../../domain/workflow-store.ts";
import { pageOf, pageQuery, showPage, toPageRequest } from "./page.ts";
import { answer, defineRoute } from "./route.ts";
import { anyJson, showTime, showTimeOrNull, time } from "./values.ts";

/** Documented as the component, checked by the flow: its complaints reach further than a schema's. */
const definition = z.custom<WorkflowDefinition>().meta({ component: "WorkflowDefinition" });
const definitionBody = z.unknown().meta({ component: "WorkflowDefinition" });
const replacementBody = z.unknown().meta({ component: "WorkflowReplacement" });

const workflow = z
  .object({
    id: z.string(),
    name: z.string(),
    definition,
    revision: z.int().meta({ description: "Counts changes of the definition; also the ETag." }),
    publishedVersion: z.int().nullable().meta({ description: "The version that runs; null while unpublished." }),
    latestVersion: z.int().meta({ description: "0 before the first publication." }),
    webhookUrl: z.string().nullable().meta({
      description: "Where deliveries go; null without a published webhook, in lists, and for keys that may only read.",
    }),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: "Workflow" });

const version = z.object({
  version: z.int(),
  definition,
  createdAt: time,
  createdBy: z.string().meta({ description: "Id of the key or user that published it." }),
});

const triggerStanding = z
  .object({
    state: z.enum(["off", "starting", "working", "waiting_for_connection", "failing", "stopping"]).meta({
      description:
        "`off`: unpublished, or a trigger that does nothing by itself. `starting`: not yet registered at the provider, or not polled for the first time. `waiting_for_connection`: goes on once its connection is mended. `failing`: tried again and again. `stopping`: being taken away at the provider.",
    }),
    problem: z.string().nullable().meta({ description: "Why it fails or waits." }),
    failures: z.int().meta({ description: "Failures in a row." }),
    nextAt: time.nullable().meta({ description: "When it asks the provider next, or the schedule fires." }),
    succeededAt: time.nullable().meta({ description: "When the last poll succeeded." }),
  })
  .meta({ id: "TriggerStanding" });

const publication = z.object({
  version: z.int(),
  webhookUrl: z.string().optional(),
  warnings: z.array(z.string()).optional().meta({
    description:
      "Why the trigger will not start a run as the server is set up, such as a PUBLIC_URL that the provider cannot reach. Absent when there is nothing to say.",
  }),
});
const started = z.object({
  runId: z.string(),
  duplicate: z
    .boolean()
    .meta({ description: "True when the Idempotency-Key was seen before; then `runId` is the first run." }),
});

const etagHeader = { ETag: "The workflow's revision." };
const MAX_KEY_LENGTH = 255;

export const workflowRoutes = [
  defineRoute({
    method: "GET",
    path: "/workflows",
    operation: "listWorkflows",
    summary: "List the workflows of the workspace",
    needs: "read",
    query: pageQuery,
    responses: { 200: { description: "The workflows, newest first.", schema: pageOf(workflow) } },
    errors: [],
    async handle({ scope, query }, { workflows }) {
      const page = await workflows.list(scope, toPageRequest(query));
      return answer(
        200,
        showPage(page, (item) => show(item, null)),
      );
    },
  }),

  defineRoute({
    method: "POST",
    path: "/workflows",
    operation: "createWorkflow",
    summary: "Create a workflow from a definition",
    description: "It does not run before it is published.",
    needs: "write",
    body: definitionBody,
    responses: {
      201: { description: "The new workflow.", schema: workflow, headers: { ...etagHeader, Location: "Its address." } },
    },
    errors: [],
    async handle({ scope, body }, { workflows }) {
      const created = await workflows.create(scope, body);
      const headers = { ...etag(created), location: `/api/v1/workflows/${created.id}` };
      return answer(201, show(created, null), headers);
    },
  }),

  defineRoute({
    method: "GET",
    path: "/workflows/:id",
    operation: "getWorkflow",
    summary: "Get a workflow",
    needs: "read",
    responses: { 200: { description: "The workflow.", schema: workflow, headers: etagHeader } },
    errors: ["not_found"],
    async handle({ scope, scopes, params }, { workflows }) {
      const found = await workflows.find(scope, params.id);
      // Whoever has the URL can start the workflow, which reading alone does not allow.
      const maySeeUrl = found.publishedVersion !== null && scopes.includes("write");
      const url = maySeeUrl ? await workflows.webhookUrl(scope, params.id) : null;
      return answer(200, show(found, url), etag(found));
    },
  }),

  defineRoute({
    method: "PUT",
    path: "/workflows/:id",
    operation: "replaceWorkflow",
    summary: "Replace a workflow's definition",
    description:
      "What is published goes on running until it is published again. To overwrite nobody's change, send the revision " +
      "that was read as `If-Match` or as `revision` in the body; a stale one is answered with 409.",
    needs: "write",
    headers: { "If-Match": "The ETag of the workflow as it was read." },
    body: replacementBody,
    responses: { 200: { description: "The workflow as it is now.", schema: workflow, headers: etagHeader } },
    errors: ["not_found", "conflict"],
    async handle({ scope, params, body, headers }, { workflows }) {
      const { revision, replacement } = splitRevision(body);
      const expected = revisionOfEtag(headers.get("if-match")) ?? revision;
      const saved = await workflows.save(scope, params.id, replacement, expected);
      return answer(200, show(saved, null), etag(saved));
    },
  }),

  defineRoute({
    method: "DELETE",
    path: "/workflows/:id",
    operation: "deleteWorkflow",
    summary: "Delete a workflow",
    description: "Its trigger is switched off; its runs stay readable.",
    needs: "write",
    responses: { 204: { description: "It is deleted." } },
    errors: ["not_found"],
    async handle({ scope, params }, { workflows }) {
      await workflows.remove(scope, params.id);
      return answer(204);
    },
  }),

  defineRoute({
    method: "POST",
    path: "/workflows/:id/publish",
    operation: "publishWorkflow",
    summary: "Publish the definition as a new version",
    needs: "write",
    responses: {
      200: { description: "The version, and where deliveries go if it has a webhook.", schema: publication },
    },
    errors: ["not_found", "conflict", "invalid"],
    async handle({ scope, params }, { workflows }) {
      const { version: published, webhookUrl, warnings } = await workflows.publish(scope, params.id);
      return answer(200, {
        version: published,
        ...(webhookUrl !== null && { webhookUrl }),
        ...(warnings.length > 0 && { warnings: [...warnings] }),
      });
    },
  }),

  defineRoute({
    method: "POST",
    path: "/workflows/:id/unpublish",
    operation: "unpublishWorkflow",
    summary: "Switch a workflow's trigger off",
    description: "Runs that have started go on.",
    needs: "write",
    responses: { 204: { description: "It is unpublished." } },
    errors: ["not_found"],
    async handle({ scope, params }, { workflows }) {
      await workflows.unpublish(scope, params.id);
      return answer(204);
    },
  }),

  defineRoute({
    method: "GET",
    path: "/workflows/:id/trigger",
    operation: "getWorkflowTrigger",
    summary: "See how a published trigger stands that polls, fires by the clock or is registered at its provider",
    needs: "read",
    responses: { 200: { description: "How it stands.", schema: triggerStanding } },
    errors: ["not_found"],
    async handle({ scope, params }, { workflows, readTrigger }) {
      await workflows.find(scope, params.id);
      const { nextAt, succeededAt, ...standing } = await readTrigger(scope, params.id);
      return answer(200, {
        ...standing,
        nextAt: showTimeOrNull(nextAt),
        succeededAt: showTimeOrNull(succeededAt),
      });
    },
  }),

  defineRoute({
    method: "GET",
    path: "/workflows/:id/versions",
    operation: "listWorkflowVersions",
    summary: "List the published versions of a workflow",
    needs: "read",
    query: pageQuery,
    responses: { 200: { description: "The versions, newest first.", schema: pageOf(version) } },
    errors: ["not_found"],
    async handle({ scope, params, query }, { workflows }) {
      const page = await workflows.versions(scope, params.id, toPageRequest(query));
      const body = showPage(page, (item) => ({
        version: item.version,
        definition: item.definition,
        createdAt: showTime(item.createdAt),
        createdBy: item.createdBy,
      }));
      return answer(200, body);
    },
  }),

  defineRoute({
    method: "POST",
    path: "/workflows/:id/runs",
    operation: "startRun",
    summary: "Start a run of the published version",
    needs: "write",
    headers: { "Idempotency-Key": "A key that was seen in the last 30 days starts no second run." },
    body: z.strictObject({ input: anyJson.optional().meta({ description: "Arrives as `trigger.body`." }) }),
    bodyOptional: true,
    responses: {
      202: {
        description: "The run is stored and will be worked on.",
        schema: started,
        headers: { Location: "The run's address." },
      },
    },
    errors: ["not_found", "conflict", "invalid", "rate_limited"],
    async handle({ scope, params, body, headers }, { runs }) {
      const key = idempotencyKey(headers.get("idempotency-key"));
      const { runId, duplicate } = await runs.start(scope, params.id, body?.input ?? null, key);
      return answer(202, { runId, duplicate }, { location: `/api/v1/runs/${runId}` });
    },
  }),
];

function show(item: Workflow, webhookUrl: string | null): z.input<typeof workflow> {
  const { id, name, revision, publishedVersion, latestVersion } = item;
  return {
    id,
    name,
    definition: item.definition,
    revision,
    publishedVersion,
    latestVersion,
    webhookUrl,
    createdAt: showTime(item.createdAt),
    updatedAt: showTime(item.updatedAt),
  };
}

function etag({ revision }: Workflow): { etag: string } {
  return { etag: `"${revision}"` };
}

/** Null when any revision may be overwritten. */
function revisionOfEtag(header: string | null): number | null {
  if (header === null || header.trim() === "*") return null;
  const match = /^"(\d{1,15})"$/.exec(header.trim());
  if (!match) throw new AppError("malformed", 'The header If-Match must be the ETag that was read, such as "3".');
  return Number(match[1]);
}

function splitRevision(body: unknown): { revision: number | null; replacement: unknown } {
  if (typeof body !== "object" || body === null || !("revision" in body)) return { revision: null, replacement: body };
  const { revision, ...replacement } = body;
  const parsed = z.int().min(1).safeParse(revision);
  if (parsed.success) return { revision: parsed.data, replacement };
  throw new AppError("invalid", "The body has errors; each names its path.", {
    fields: [{ path: "revision", message: "must be the revision that was read, a whole number" }],
  });
}

function idempotencyKey(header: string | null): string | null {
  if (header === null || header === "") return null;
  if (header.length <= MAX_KEY_LENGTH) return header;
  const message = `must have at most ${MAX_KEY_LENGTH} characters`;
  throw new AppError("invalid", `The Idempotency-Key ${message}.`, { fields: [{ path: "Idempotency-Key", message }] });
}
