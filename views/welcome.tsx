import { Html } from "@elysiajs/html";
import { type Assets, Layout } from "./layout.tsx";

/** The first page of an installation: what to type next. */
export function WelcomePage({ assets, apiDocument }: { assets: Assets; apiDocument: string }): JSX.Element {
  return (
    <Layout title="Welcome" assets={assets}>
      <h1>IntegrationSync is running</h1>
      <p>When something happens in one system, it does what you say in another, and loses nothing on the way.</p>
      <ol>
        <li>
          <h2>Create a tenant</h2>
          <p>On this machine, in the folder that the server was started in:</p>
          <Command text="integrationsync tenant create acme" />
          <p>
            In a source checkout, <code>bun src/main.ts</code> stands for <code>integrationsync</code>.
          </p>
        </li>
        <li>
          <h2>Make an API key</h2>
          <p>The key is printed once; keep it.</p>
          <Command text="integrationsync api-key create --tenant acme --name first" />
        </li>
        <li>
          <h2>Use the API</h2>
          <p>
            Send the key as <code>Authorization: Bearer isk_…</code>. Everything that can be called stands in the{" "}
            <a href={apiDocument}>OpenAPI document</a>.
          </p>
        </li>
      </ol>
    </Layout>
  );
}

function Command({ text }: { text: string }): JSX.Element {
  return (
    <pre tabindex="0">
      <code safe>{text}</code>
    </pre>
  );
}
