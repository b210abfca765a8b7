import { diffLines } from "../../domain/diff-lines.ts";
import { AppError } from "../../domain/errors.ts";
import type { WorkflowDefinition } from "../../domain/workflow.ts";
import { page, redirect } from "./page-answer.ts";
import { definePage } from "./page-route.ts";

const PER_PAGE = 50;
const CONTEXT_LINES = 3;

/** What was published, what changed from one to the next, and going back to an older one. */
export const workflowVersionPages = [
  definePage({
    method: "GET",
    path: "/workflows/:id/versions",
    access: "workflow.read",
    async handle({ signedIn, params, query }, { workflows, audit }) {
      const { scope } = signedIn;
      const workflow = await workflows.find(scope, params.id);
      const cursor = query.get("cursor");
      const { items, nextCursor } = await workflows.versions(scope, params.id, { limit: PER_PAGE, cursor });
      const actors = items.map(({ createdBy }) => ({ kind: kindOf(createdBy), id: createdBy }));
      const names = scope.permissions.has("audit.read") ? await audit.actorNames(scope, actors) : new Map();
      const { VersionsPage } = await import("../../../views/workflows/versions-page.tsx");
      const view = {
        root: `/workflows/${params.id}`,
        name: workflow.name,
        versions: items.map(({ version, createdAt, createdBy, definition }) => ({
          version,
          createdAt,
          createdBy: {
            id: createdBy,
            name: createdBy === signedIn.user.id ? "You" : (names.get(createdBy) ?? createdBy),
          },
          steps: definition.steps.length,
          isPublished: version === workflow.publishedVersion,
        })),
        cursor,
        nextCursor,
      };
      return page({ title: `Versions of ${workflow.name}`, section: "workflows" }, VersionsPage({ view }));
    },
  }),

  definePage({
    method: "GET",
    path: "/workflows/:id/versions/:version",
    access: "workflow.read",
    async handle({ signedIn, params, query }, { workflows, drafts }) {
      const { scope, csrfToken } = { scope: signedIn.scope, csrfToken: signedIn.csrfToken };
      const number = readVersion(params.version);
      const { workflow, draft } = await drafts.open(scope, params.id);
      const { definition, createdAt } = await workflows.findVersion(scope, params.id, number);
      const comparison = query.get("with") === "draft" || number === 1 ? "draft" : "before";
      const other =
        comparison === "draft"
          ? draft.definition
          : (await workflows.findVersion(scope, params.id, number - 1)).definition;
      const [older, newer] = comparison === "draft" ? [definition, other] : [other, definition];
      const { VersionPage } = await import("../../../views/workflows/version-page.tsx");
      const view = {
        root: `/workflows/${params.id}`,
        name: workflow.name,
        version: number,
        createdAt,
        isPublished: number === workflow.publishedVersion,
        mayEdit: scope.permissions.has("workflow.write"),
        csrf: csrfToken,
        comparison,
        diff: diffLines(toText(older), toText(newer), CONTEXT_LINES),
        definition: toText(definition),
      } as const;
      return page({ title: `Version ${number} of ${workflow.name}`, section: "workflows" }, VersionPage({ view }));
    },
  }),

  definePage({
    method: "POST",
    path: "/workflows/:id/versions/:version/publish",
    access: "workflow.write",
    async handle({ signedIn, params }, { workflows }) {
      const from = readVersion(params.version);
      const { version, warnings } = await workflows.publishVersion(signedIn.scope, params.id, from);
      if (warnings.length > 0) {
        const text = `Version ${version} is published, but nothing will start it yet.`;
        return redirect(`/workflows/${params.id}?trigger=`, { flash: { kind: "error", text } });
      }
      const text =
        version === from
          ? `Version ${version} is published.`
          : `Version ${from} is published again, as version ${version}. The draft is as it was.`;
      return redirect(`/workflows/${params.id}/versions`, { flash: { kind: "success", text } });
    },
  }),

  definePage({
    method: "POST",
    path: "/workflows/:id/versions/:version/edit",
    access: "workflow.write",
    async handle({ signedIn, params }, { workflows, drafts }) {
      const number = readVersion(params.version);
      const { definition } = await workflows.findVersion(signedIn.scope, params.id, number);
      await drafts.edit(signedIn.scope, params.id, () => ({
        kind: "change",
        draft: { definition, unfinished: {} },
        what: `draft from version ${number}`,
      }));
      const text = `The draft is version ${number} now. Nothing is published yet.`;
      return redirect(`/workflows/${params.id}`, { flash: { kind: "success", text } });
    },
  }),
];

/** A version keeps the id of who published it alone. */
function kindOf(id: string): "user" | "api_key" {
  return id.startsWith("key_") ? "api_key" : "user";
}

function readVersion(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new AppError("not_found", "There is no such version.");
  return Number(text);
}

function toText(definition: WorkflowDefinition): string {
  return JSON.stringify(definition, null, 2);
}
