import { Html } from "@elysiajs/html";
import { Badge } from "../components/badge.tsx";
import { EmptyState } from "../components/empty-state.tsx";
import { PageHeader } from "../components/page-header.tsx";
import { Pagination } from "../components/pagination.tsx";
import { Table } from "../components/table.tsx";
import { Time } from "../components/time.tsx";

export interface VersionsView {
  readonly root: string;
  readonly name: string;
  readonly versions: readonly {
    readonly version: number;
    readonly createdAt: number;
    readonly createdBy: { readonly id: string; readonly name: string };
    readonly steps: number;
    readonly isPublished: boolean;
  }[];
  readonly cursor: string | null;
  readonly nextCursor: string | null;
}

/** What was published, newest first. */
export function VersionsPage({ view }: { view: VersionsView }): JSX.Element {
  const { root, versions } = view;
  return (
    <>
      <PageHeader
        title="Versions"
        trail={{ href: root, label: view.name }}
        lead="Each publication that changed something. A version never changes; runs go on with the one they began with."
      />
      {versions.length === 0 ? (
        <EmptyState
          icon="rotate"
          title="Nothing published yet"
          text="Publish the workflow, and its first version is here."
        />
      ) : (
        <Table
          caption="Versions"
          columns={[{ label: "Version" }, { label: "Published" }, { label: "By" }, { label: "Steps" }]}
        >
          {versions.map(({ version, createdAt, createdBy, steps, isPublished }) => (
            <tr>
              <td>
                <a href={`${root}/versions/${version}`} safe>
                  {`Version ${version}`}
                </a>{" "}
                {isPublished ? <Badge tone="success" label="Running" /> : ""}
              </td>
              <td data-label="Published">
                <Time at={createdAt} />
              </td>
              <td data-label="By">
                <span dir="auto" title={Html.escapeHtml(createdBy.id)} safe>
                  {createdBy.name}
                </span>
              </td>
              <td data-label="Steps">{steps}</td>
            </tr>
          ))}
        </Table>
      )}
      <Pagination
        older={view.nextCursor ? `${root}/versions?cursor=${encodeURIComponent(view.nextCursor)}` : null}
        newest={view.cursor ? `${root}/versions` : null}
      />
    </>
  );
}
