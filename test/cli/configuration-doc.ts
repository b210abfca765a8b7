/**
 * docs/configuration.md, written from the table of settings: `bun test/cli/configuration-doc.ts` writes it anew, and
 * configuration.test.ts fails while it is not up to date.
 */
import { join } from "node:path";
import { settings } from "../../src/config.ts";
import type { Setting } from "../../src/platform/read-settings.ts";

export const CONFIGURATION_DOC = join(import.meta.dir, "../../docs/configuration.md");

const INTRODUCTION = `# Configuration

Written by \`bun test/cli/configuration-doc.ts\` from the table in \`src/config.ts\`; change it there.

All settings are environment variables, read once at the start. An unset or empty one takes its default. A value that
cannot be used stops the start with one line that says how to fix it; \`integrationsync doctor\` lists all of them.
Secrets are never repeated in such a line, nor in the log.`;

const HEADER = "| Variable | Default | Meaning | Value |\n|---|---|---|---|";

const PROVIDER_CLIENTS = `## OAuth clients of providers

${HEADER}
| \`<PROVIDER>_SIGNING_SECRET\` (or \`_WEBHOOK_SECRET\`, \`_VERIFICATION_TOKEN\`) | none | What a provider signs the events of the installation's app with, sent to \`/hooks/apps/<connector>\`. Tenants enter the one of an app of their own in the UI. | as the provider shows it, for example \`SLACK_SIGNING_SECRET=8f74…\` |
| \`<PROVIDER>_CLIENT_ID\`, \`<PROVIDER>_CLIENT_SECRET\` | none | OAuth client registered with a provider, for all tenants. | both as the provider shows them, for example \`GITHUB_CLIENT_ID=Iv1.8a61f9b3a7aba766\`; clients without a secret (PKCE only) leave the second one out |

Payment, AI, Sentry and OpenTelemetry belong to parts of the product that come later: their
settings are accepted and checked, so that a set-up can be prepared, and do nothing yet.`;

export function renderConfigurationDoc(): string {
  const byGroup = Object.entries(Object.groupBy(Object.values<Setting<unknown>>(settings), ({ group }) => group));
  const sections = byGroup.map(([group, members = []]) =>
    [`## ${group}\n`, HEADER, ...members.map(renderRow)].join("\n"),
  );
  return `${[INTRODUCTION, ...sections, PROVIDER_CLIENTS].join("\n\n")}\n`;
}

function renderRow(setting: Setting<unknown>): string {
  const standard = setting.defaultText ?? (setting.default ? `\`${setting.default}\`` : "none");
  // What can be pasted is set as code, which also keeps `*` and `<` from being read as Markdown.
  const value = setting.give.replace(/(?<=for example |make one with: ).+?(?= for all of them|$)/, "`$&`");
  const cells = [`\`${setting.variable}\``, standard, setting.description, value];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

if (import.meta.main) await Bun.write(CONFIGURATION_DOC, renderConfigurationDoc());
