import type { Endpoint } from "../endpoint.ts";
import type { Services } from "../services.ts";
import { accountPages } from "./account.ts";
import { apiKeyPages } from "./api-keys.ts";
import { auditPages } from "./audit.ts";
import { connectionCreatePages } from "./connection-create.ts";
import { connectionPages } from "./connections.ts";
import { connectorIconPages } from "./connector-icons.ts";
import { forgottenPasswordPages } from "./forgotten-password.ts";
import { homePages } from "./home.ts";
import { installationPages } from "./installation.ts";
import { linkPages } from "./links.ts";
import { mailPages } from "./mail.ts";
import { memberPages } from "./members.ts";
import { oauthCallbackPages } from "./oauth-callback.ts";
import type { PageRoute } from "./page-route.ts";
import { runDecisions } from "./run-decisions.ts";
import { runPages } from "./runs.ts";
import { servePage } from "./serve-page.ts";
import { settingsPages } from "./settings.ts";
import { setupPages } from "./setup.ts";
import { signInPages } from "./sign-in.ts";
import { openidPages } from "./sign-in-openid.ts";
import { twoFactorPages } from "./two-factor.ts";
import { variablePages } from "./variables.ts";
import { workflowChoicePages } from "./workflow-choices.ts";
import { workflowCreatePages } from "./workflow-create.ts";
import { workflowDataPages } from "./workflow-data.ts";
import { workflowEditorPages } from "./workflow-editor.ts";
import { workflowJsonPages } from "./workflow-json.ts";
import { workflowStepPages } from "./workflow-steps.ts";
import { workflowTriggerPages } from "./workflow-trigger.ts";
import { workflowVersionPages } from "./workflow-versions.ts";
import { workflowListPages } from "./workflows.ts";

/** What people open in a browser: one file per resource. */
export const pages: readonly PageRoute[] = [
  ...homePages,
  ...setupPages,
  ...signInPages,
  ...forgottenPasswordPages,
  ...openidPages,
  ...linkPages,
  ...memberPages,
  ...installationPages,
  ...accountPages,
  ...twoFactorPages,
  ...settingsPages,
  ...mailPages,
  ...workflowListPages,
  ...runPages,
  ...runDecisions,
  ...connectionCreatePages,
  ...connectionPages,
  ...oauthCallbackPages,
  ...apiKeyPages,
  ...variablePages,
  ...auditPages,
  ...workflowCreatePages,
  ...workflowEditorPages,
  ...workflowStepPages,
  ...workflowTriggerPages,
  ...workflowChoicePages,
  ...workflowDataPages,
  ...workflowVersionPages,
  ...workflowJsonPages,
  ...connectorIconPages,
];

export function pageEndpoints(services: Services): Endpoint[] {
  return pages.map((route) => ({
    method: route.method,
    path: route.path,
    answer: (request, params) => servePage(route, request, params, services),
  }));
}
