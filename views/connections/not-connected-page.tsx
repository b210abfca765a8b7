import { Html } from "@elysiajs/html";
import { LinkButton } from "../components/button.tsx";
import { Notice } from "../components/notice.tsx";
import { PageHeader } from "../components/page-header.tsx";

/** The provider sent somebody back without what we asked for. */
export function NotConnectedPage({ problem }: { problem: string }): JSX.Element {
  return (
    <>
      <PageHeader title="Not connected" trail={{ href: "/connections", label: "Connections" }} />
      <div class="connect">
        <Notice tone="danger" title="Nothing was changed">
          <p safe>{problem}</p>
        </Notice>
        <div class="row">
          <LinkButton href="/connections" label="Back to the connections" kind="primary" />
        </div>
      </div>
    </>
  );
}
