import { defineConnector } from "../../src/connector-sdk/connector.ts";
import type { ConnectionCredential } from "../../src/connector-sdk/http-exchange.ts";
import type { JsonObject } from "../../src/connector-sdk/json.ts";
import { readAccount } from "../../src/connector-sdk/read-account.ts";
import { authSchemes } from "./auth-schemes.ts";
import icon from "./icon.svg" with { type: "text" };
import { rateLimits } from "./rate-limits.ts";
import { classify } from "./read-failure.ts";

export const API_VERSION = "v62.0";

const instanceOf = ({ fields }: ConnectionCredential): URL | null => URL.parse(String(fields.instanceUrl ?? ""));

export default defineConnector({
  title: "Salesforce",
  description: "Records of any object: create, change, find, and start when they change.",
  icon,
  auth: authSchemes,
  // Each organisation has a host of its own, which the token answer tells.
  hosts: {
    within: ["*.salesforce.com"],
    of: (credential) => {
      const instance = instanceOf(credential);
      return instance ? [instance.host] : [];
    },
  },
  baseUrl: (credential) => `https://${instanceOf(credential)?.host ?? ""}/services/data/${API_VERSION}`,
  classify,
  rateLimits,
  // At most 25 requests of more than 20 seconds may be under way in an organisation, 5 in a developer edition.
  maxConcurrentCalls: 5,

  async testConnection({ api, credential }) {
    const instance = credential === null ? null : instanceOf(credential);
    const { body } = await api({ path: `https://${instance?.host ?? ""}/services/oauth2/userinfo` });
    const { organization_id, user_id, preferred_username } = body as JsonObject;
    const organization = readAccount(organization_id, null);
    return { ...readAccount(user_id, preferred_username), id: `${organization.id}/${user_id}` };
  },

  actions: {
    create_record: async () => (await import("./actions/create-record.ts")).default,
    create_records: async () => (await import("./actions/create-records.ts")).default,
    delete_record: async () => (await import("./actions/delete-record.ts")).default,
    describe_object: async () => (await import("./actions/describe-object.ts")).default,
    find_records: async () => (await import("./actions/find-records.ts")).default,
    get_limits: async () => (await import("./actions/get-limits.ts")).default,
    get_record: async () => (await import("./actions/get-record.ts")).default,
    query: async () => (await import("./actions/query.ts")).default,
    search: async () => (await import("./actions/search.ts")).default,
    submit_for_approval: async () => (await import("./actions/submit-for-approval.ts")).default,
    update_record: async () => (await import("./actions/update-record.ts")).default,
    upsert_record: async () => (await import("./actions/upsert-record.ts")).default,
  },
  triggers: {
    changed_record: async () => (await import("./triggers/changed-record.ts")).default,
    deleted_record: async () => (await import("./triggers/deleted-record.ts")).default,
    new_record: async () => (await import("./triggers/new-record.ts")).default,
  },
});
