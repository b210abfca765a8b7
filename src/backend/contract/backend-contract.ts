import { describe } from "bun:test";
import { acceptContract } from "./accept-contract.ts";
import { alertContract } from "./alert-contract.ts";
import { auditContract } from "./audit-contract.ts";
import type { OpenBackendUnderTest } from "./backend-under-test.ts";
import { capContract } from "./cap-contract.ts";
import { claimContract } from "./claim-contract.ts";
import { commitContract } from "./commit-contract.ts";
import { configurationContract } from "./configuration-contract.ts";
import { connectionContract } from "./connection-contract.ts";
import { draftContract } from "./draft-contract.ts";
import { eventAppContract } from "./event-app-contract.ts";
import { eventRouteContract } from "./event-route-contract.ts";
import { isolationContract } from "./isolation-contract.ts";
import { listContract } from "./list-contract.ts";
import { mailContract } from "./mail-contract.ts";
import { oauthContract } from "./oauth-contract.ts";
import { peopleContract } from "./people-contract.ts";
import { pollContract } from "./poll-contract.ts";

import { pruneContract } from "./prune-contract.ts";
import { rateContract } from "./rate-contract.ts";
import { scheduleContract } from "./schedule-contract.ts";
import { signInContract } from "./sign-in-contract.ts";
import { signalContract } from "./signal-contract.ts";
import { subscriptionContract } from "./subscription-contract.ts";
import { viewContract } from "./view-contract.ts";
import { workflowContract } from "./workflow-contract.ts";

/** What every adapter of the `Backend` port has to hold; each runs it from its own test with a way to open itself. */
export function backendContract(name: string, open: OpenBackendUnderTest): void {
  describe(`the backend contract on ${name}`, () => {
    configurationContract(open);
    connectionContract(open);
    oauthContract(open);
    auditContract(open);
    workflowContract(open);
    draftContract(open);
    scheduleContract(open);
    pollContract(open);
    subscriptionContract(open);
    rateContract(open);
    eventRouteContract(open);
    eventAppContract(open);
    acceptContract(open);
    claimContract(open);
    capContract(open);
    commitContract(open);
    alertContract(open);
    signalContract(open);
    listContract(open);
    viewContract(open);
    pruneContract(open);
    peopleContract(open);
    signInContract(open);
    mailContract(open);
    isolationContract(open);
  });
}
